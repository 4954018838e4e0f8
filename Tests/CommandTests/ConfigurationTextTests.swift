import Testing

@testable import millrace

/// Tables are changed, and everything around them stays.
struct ConfigurationTextTests {
    private static let example = """
        # Above all.

        [gateway]
        # The name.
        id = "old"   # painted on the door

        [mqtt.local]   # the broker here
        url = "mqtt://127.0.0.1:1883"
        topics = [
          "a/#",
          { filter = "b # ]", stream = "alarms" },
        ]

        # The centre.
        # [uplinks.spare]
        [uplinks.central]
        url = "mqtt://central"

        """

    private var text = ConfigurationText(Self.example)

    @Test func `nothing changed is nothing changed`() {
        #expect(text.text == Self.example)
    }

    @Test mutating func `a key is set where it stands, and its comment stays`() {
        text.set("id", of: "gateway", to: "\"new\"")
        #expect(text.text == Self.example.replacing("id = \"old\"   #", with: "id = \"new\"   #"))
    }

    @Test mutating func `a key that is not there is added at the end of its table`() {
        text.set("path", of: "uplinks.central", to: "1")
        #expect(text.text == Self.example + "path = 1\n")
    }

    @Test mutating func `a table that is not there is made behind the gateway's, which is made before all others`() {
        text.set("capacity", of: "log", to: "1")
        #expect(text.text.contains("on the door\n\n[log]\ncapacity = 1\n\n[mqtt.local]"))
        text = ConfigurationText("# All.\n\n# One.\n[a]\n")
        text.set("id", of: "gateway", to: "2")
        #expect(text.text == "# All.\n\n[gateway]\nid = 2\n\n# One.\n[a]\n")
        text = ConfigurationText("# All.")
        text.set("id", of: "gateway", to: "2")
        #expect(text.text == "# All.\n\n[gateway]\nid = 2\n")
    }

    @Test mutating func `a table with a value over several lines is replaced as a whole, and comments below it stay`() {
        text.set("mqtt.local", ["url = \"mqtt://other\""])
        #expect(text.text.contains("[mqtt.local]\nurl = \"mqtt://other\"\n\n# The centre.\n"))
        #expect(!text.text.contains("alarms"))
    }

    @Test mutating func `a table that is taken out leaves the comments of the next`() {
        text.remove("mqtt.local")
        #expect(text.text.contains("door\n\n\n# The centre.\n# [uplinks.spare]\n[uplinks.central]"))
        text.remove("nothing")
        text.set("serial.air", ["port = \"/dev/ttyUSB0\""])
        #expect(text.text.hasSuffix("url = \"mqtt://central\"\n\n[serial.air]\nport = \"/dev/ttyUSB0\"\n"))
    }

    @Test mutating func `a mark within a value is no comment`() {
        text = ConfigurationText("[gateway]\nid = \"a#b\"\n")
        text.set("id", of: "gateway", to: "\"c\"")
        #expect(text.text == "[gateway]\nid = \"c\"\n")
    }

    @Test mutating func `a key within a value of several lines is none of the table's`() {
        text.set("filter", of: "mqtt.local", to: "1")
        #expect(text.text == Self.example.replacing("]\n\n# The centre", with: "]\nfilter = 1\n\n# The centre"))
    }

    @Test mutating func `a value of several lines is set and taken out as a whole`() {
        text.set("topics", of: "mqtt.local", to: "[\"b/#\"]")
        #expect(text.text.contains("1883\"\ntopics = [\"b/#\"]\n\n# The centre."), "\(text.text)")
        text.remove("topics", of: "mqtt.local")
        #expect(text.text.contains("1883\"\n\n# The centre."), "\(text.text)")
    }

    @Test mutating func `a table within a table goes in each way of writing it`() {
        let plain = "[uplinks.a]\nurl = \"u\"\nlast = 1\n"
        for text in [
            "[uplinks.a]\nurl = \"u\"\ntls = { ca = \"x\" }\nlast = 1\n",
            "[uplinks.a]\nurl = \"u\"\ntls.ca = \"x\"\ntls . key = \"x\"\nlast = 1\n",
            "[uplinks.a]\nurl = \"u\"\nlast = 1\n[uplinks.a.tls]\nca = \"x\"\n",
        ] {
            self.text = ConfigurationText(text)
            self.text.change(
                "uplinks.a", [("url", "\"u\""), ("tls", nil)], from: [("url", "\"u\""), ("tls", "{ ca = \"x\" }")])
            #expect(self.text.text == plain)
            self.text = ConfigurationText(text)
            self.text.change("uplinks.a", [("tls", "{ ca = \"y\" }")], from: [("tls", "{ ca = \"x\" }")])
            #expect(self.text.text == plain + "tls = { ca = \"y\" }\n")
        }
    }
}
