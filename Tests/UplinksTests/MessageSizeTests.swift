import Testing

@testable import Uplinks

@Suite struct MessageSizeTests {
    @Test func `one cut changes nothing, more make messages smaller, success makes them grow again`() {
        var size = MessageSize(max: 1000)
        size.cutWithoutProgress()
        #expect(size.target == 1000)
        size.cutWithoutProgress()
        size.cutWithoutProgress()
        #expect(size.target == 250)
        size.allConfirmed()
        #expect(size.target == 500)
        size.cutWithoutProgress()
        #expect(size.target == 500)
        size.allConfirmed()
        size.allConfirmed()
        #expect(size.target == 1000)
    }

    @Test func `what the broker finds too large is never tried again`() {
        var size = MessageSize(max: 1000)
        size.refused(size: 800)
        size.allConfirmed()
        #expect(size.target == 400)
    }

    @Test func `it never becomes nothing`() {
        var size = MessageSize(max: 3)
        for _ in 0..<100 { size.cutWithoutProgress() }
        #expect(size.target == 1)
        size.refused(size: 1)
        #expect(size.target == 1)
    }
}
