import Testing

@testable import AdminHTTP

@Suite struct ExpositionTextTests {
    private func text(_ format: ExpositionText.Format) -> String {
        var text = ExpositionText(format)
        text.begin("millrace_records_accepted_total", .counter, "Records on the disk.")
        text.sample(UInt64.max, .init("stream", "telemetry"))
        text.begin("millrace_backlog_age_seconds", .gauge, "Age of the oldest record.")
        text.sample(0.25)
        text.end()
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test func `a counter's family keeps its suffix for Prometheus and loses it for OpenMetrics`() {
        #expect(
            text(.prometheus) == """
                # HELP millrace_records_accepted_total Records on the disk.
                # TYPE millrace_records_accepted_total counter
                millrace_records_accepted_total{stream="telemetry"} 18446744073709551615
                # HELP millrace_backlog_age_seconds Age of the oldest record.
                # TYPE millrace_backlog_age_seconds gauge
                millrace_backlog_age_seconds 0.25

                """)
        let open = text(.openMetrics)
        #expect(open.hasPrefix("# HELP millrace_records_accepted Records on the disk.\n"))
        #expect(open.contains("\nmillrace_records_accepted_total{stream=\"telemetry\"} 18446744073709551615\n"))
        #expect(open.hasSuffix("# EOF\n"))
    }

    @Test func `quotes, backslashes and line ends of a label are escaped, and there are words for what is no number`() {
        var text = ExpositionText(.prometheus)
        text.begin("millrace_reading", .gauge, "The last reading.")
        text.sample(Double.nan, .init("device", "a\"b\\c\nd"), .init("name", "t"))
        text.sample(-Double.infinity)
        #expect(
            String(decoding: text.bytes, as: UTF8.self).hasSuffix(
                "millrace_reading{device=\"a\\\"b\\\\c\\nd\",name=\"t\"} NaN\nmillrace_reading -Inf\n"))
    }
}
