extension ExpositionText.Format {
    /// OpenMetrics where it is asked for by name; quality values are not weighed, because whoever names it takes it.
    init(accepting header: String?) {
        self = header?.lowercased().contains("application/openmetrics-text") == true ? .openMetrics : .prometheus
    }
}
