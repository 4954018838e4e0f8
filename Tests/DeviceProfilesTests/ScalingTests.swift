@testable import DeviceProfiles
import Testing

struct ScalingTests {
    @Test func `a scale with many decimals is multiplied, where whole numbers would be too large`() {
        let scaling = Scaling(scale: 0.05555555555555555, offset: -17.77777777777778)
        let celsius = scaling.value(DecimalFraction(mantissa: 850, exponent: 0))
        #expect(abs(celsius - 29.444444444444443) < 1e-12)
        #expect(abs(scaling.value(850.0) - celsius) < 1e-12)
    }
}
