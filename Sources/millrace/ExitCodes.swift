import Agent
import ArgumentParser
import Glibc
import LogStore
import MQTTTransport
import StrictTOML

extension ExitCode {
    /// What was given has no frame in it (sysexits.h EX_DATAERR).
    static let noFrame = ExitCode(65)
    /// A program that is needed is not installed (sysexits.h EX_UNAVAILABLE).
    static let missingProgram = ExitCode(69)
    /// The log cannot be used (sysexits.h EX_IOERR).
    static let unusableLog = ExitCode(74)
    /// Another process holds the log: try again later (EX_TEMPFAIL).
    static let logInUse = ExitCode(75)
    /// The configuration is wrong (EX_CONFIG).
    static let configuration = ExitCode(78)
}

/// Writes a line to standard error.
@Sendable func printError(_ text: String) {
    writeLine(text, to: 2)
}

/// Writes a line at once, whatever stands behind the descriptor: people and programs wait for it.
func writeLine(_ text: String, to descriptor: Int32) {
    writeAll((text + "\n").utf8, to: descriptor)
}

/// Runs `body`; failures become a message on standard error and an exit code.
func reportingFailures<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as ConfigurationError {
        printIssues(error)
        throw ExitCode.configuration
    } catch let error as LogStoreError {
        printError("millrace: \(error.message)")
        throw error.code == .inUse ? ExitCode.logInUse : ExitCode.unusableLog
    } catch let error as MQTTTransportError where error.isOfConfiguration {
        printError("millrace: \(error.message)")
        throw ExitCode.configuration
    }
}

/// Prints everything that is wrong with a configuration, and what to do where the file itself cannot be had.
func printIssues(_ error: ConfigurationError) {
    for issue in error.issues { printError("\(issue)") }
    guard let issue = error.issues.first, issue.line == nil, issue.path.isEmpty, access(issue.file, R_OK) != 0 else {
        return
    }
    switch errno {
    case ENOENT:
        printError("millrace setup makes one; --config names another")
    case EACCES:
        var status = stat()
        let isForGroup = stat(issue.file, &status) == 0 && status.st_mode & mode_t(S_IRGRP) != 0 && status.st_gid != 0
        let group = isForGroup ? getgrgid(status.st_gid).map { String(cString: $0.pointee.gr_name) } : nil
        printError("run this with sudo" + (group.map { ", or as a user of the group \($0)" } ?? ""))
    default: break
    }
}

extension MQTTTransportError {
    /// Whether another configuration would mend it.
    fileprivate var isOfConfiguration: Bool { code == .invalidConfiguration || code == .unreadableFile }
}
