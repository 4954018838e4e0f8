import ArgumentParser
import Glibc
import LogStore
import MQTTTransport
import StrictTOML

extension ExitCode {
    /// The log cannot be used (sysexits.h EX_IOERR).
    static let unusableLog = ExitCode(74)
    /// Another process holds the log: try again later (EX_TEMPFAIL).
    static let logInUse = ExitCode(75)
    /// The configuration is wrong (EX_CONFIG).
    static let configuration = ExitCode(78)
}

/// Writes a line to standard error.
func printError(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(2, bytes, bytes.count)
}

/// Runs `body`; failures become a message on standard error and an exit code.
func reportingFailures<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as ConfigurationError {
        for issue in error.issues { printError("\(issue)") }
        throw ExitCode.configuration
    } catch let error as LogStoreError {
        printError("millrace: \(error.message)")
        throw error.code == .inUse ? ExitCode.logInUse : ExitCode.unusableLog
    } catch let error as MQTTTransportError where error.isOfConfiguration {
        printError("millrace: \(error.message)")
        throw ExitCode.configuration
    }
}

extension MQTTTransportError {
    /// Whether another configuration would mend it.
    fileprivate var isOfConfiguration: Bool { code == .invalidConfiguration || code == .unreadableFile }
}
