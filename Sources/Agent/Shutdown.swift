import ServiceLifecycle

/// Returns at graceful shutdown or cancellation, whichever is first.
func untilShutdown() async {
    // Cancellation ends the wait just as shutdown does: what follows is the same.
    try? await gracefulShutdown()
}

/// Services that stop at the same time, so that what each of them waits for does not add up: a broker that hangs must
/// not use up the time that the others have.
struct ServicesTogether: Service {
    let services: [any Service]

    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for service in services {
                group.addTask { try await service.run() }
            }
        }
    }
}

/// Runs `body`, cancelled at graceful shutdown.
func cancelWhenGracefulShutdown(_ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask { await body() }
        group.addTask { await untilShutdown() }
        await group.next()
        group.cancelAll()
    }
}
