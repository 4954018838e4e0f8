import Agent

/// The status as a monitoring system scrapes it.
public enum MetricsText {
    /// The whole text.
    ///
    /// - Parameter asOpenMetrics: OpenMetrics 1.0, or Prometheus' own format 0.0.4.
    public static func bytes(of status: AgentStatus, asOpenMetrics: Bool) -> [UInt8] {
        StatusMetrics.text(of: status, as: asOpenMetrics ? .openMetrics : .prometheus)
    }
}
