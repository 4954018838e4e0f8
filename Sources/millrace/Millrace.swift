import ArgumentParser
import Compression
import KafkaUplink
import LogStore
import MQTTTransport

/// The command: arguments and environment in, exit codes out.
@main
struct Millrace: AsyncParsableCommand {
    static let number = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "millrace",
        abstract: "Takes sensor readings in from MQTT and serial ports, keeps them, and forwards them in order.",
        discussion: """
            An acknowledgement leaves for the local broker only when the record is on the disk; a record counts as \
            delivered only when the destination has confirmed it; every loss is counted and reported.

            Exit codes: 0 done; 1 what was asked for is not so; 2 and 3 see audit; 64 wrong arguments; 65 no frame in \
            the bytes; 69 a program that is needed is not installed or cannot be reached, or no agent runs; 73 a file \
            cannot be written; 74 the log cannot be used; 75 another process holds the log, a port is absent or in \
            use, or the agent gives no answer; 78 the configuration or a profile is wrong; 130 setup was interrupted.
            """,
        version: """
            millrace \(number)
            libmosquitto \(mosquittoVersion())
            librdkafka \(kafkaLibraryVersion())
            SQLite \(sqliteVersion)
            zstd \(zstandardVersion)
            """,
        subcommands: [
            Run.self, Check.self, Reload.self, Setup.self, SelfTest.self, Status.self, Tail.self, Support.self,
            Devices.self, Demo.self, Log.self, Replay.self, Audit.self, DictionaryCommand.self,
        ])
}
