import Records
import Testing

@Suite struct LimitsTests {
    @Test func `the limits fit together`() {
        Limits.check()
    }
}
