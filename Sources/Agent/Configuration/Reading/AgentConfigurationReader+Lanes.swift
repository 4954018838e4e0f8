import Records
import StrictTOML

/// `[uplinks.NAME]`: in which order records are sent.
extension AgentConfigurationReader {
    /// `order`, `backlog_after` and `backlog_share`.
    func readLanes(_ table: TableReader, of uplink: inout UplinkConfiguration) {
        uplink.orders = readOrders(table, uplink.streams)
        uplink.backlogAfter =
            table.duration("backlog_after", in: .seconds(1)...(.seconds(86_400))) ?? uplink.backlogAfter
        guard let share = table.integer("backlog_share", in: 1...90) else { return }
        uplink.backlogShare = share
        if !uplink.orders.values.contains(.freshFirst) {
            table.fail("backlog_share needs order = \"fresh-first\"; without it there is one lane", at: "backlog_share")
        }
    }

    /// One order for all streams, or a table of streams.
    private func readOrders(_ table: TableReader, _ streams: [StreamName]) -> [StreamName: DeliveryOrder] {
        guard table.isTable("order") else {
            guard let order = table.choice("order", of: DeliveryOrder.self) else { return [:] }
            return Dictionary(uniqueKeysWithValues: streams.map { ($0, order) })
        }
        let orders = table.tableOrEmpty("order")
        defer { orders.finish() }
        return streams.reduce(into: [:]) { $0[$1] = orders.choice($1.rawValue, of: DeliveryOrder.self) }
    }
}
