/// Labels of the Teleinfo (Enedis-NOI-CPT_54E) whose values are numbers, and their units. All others are texts.
enum TeleinfoLabels {
    /// What the values of a label are; nil for text.
    struct Quantity {
        /// SenML symbol; nil for what is counted or numbered.
        let unit: String?
    }

    /// The quantity of a label; nil where its value is text, or the label is not known.
    static func quantity(_ label: String) -> Quantity? { table[label] }

    private static let table: [String: Quantity] = {
        let labels: [(unit: String?, labels: String)] = [
            // Historic mode.
            ("A", "ISOUSC IINST IINST1 IINST2 IINST3 IMAX IMAX1 IMAX2 IMAX3 ADPS ADIR1 ADIR2 ADIR3"),
            ("Wh", "BASE HCHC HCHP EJPHN EJPHPM BBRHCJB BBRHPJB BBRHCJW BBRHPJW BBRHCJR BBRHPJR"),
            ("min", "PEJP"), ("W", "PMAX"), ("VA", "PAPP"),
            // Standard mode.
            ("Wh", "EAST EASF01 EASF02 EASF03 EASF04 EASF05 EASF06 EASF07 EASF08 EASF09 EASF10"),
            ("Wh", "EASD01 EASD02 EASD03 EASD04 EAIT"), ("varh", "ERQ1 ERQ2 ERQ3 ERQ4"),
            ("A", "IRMS1 IRMS2 IRMS3"), ("V", "URMS1 URMS2 URMS3 UMOY1 UMOY2 UMOY3"), ("kVA", "PREF PCOUP"),
            ("VA", "SINSTS SINSTS1 SINSTS2 SINSTS3 SMAXSN SMAXSN1 SMAXSN2 SMAXSN3"),
            ("VA", "SMAXSN-1 SMAXSN1-1 SMAXSN2-1 SMAXSN3-1 SINSTI SMAXIN SMAXIN-1"),
            ("W", "CCASN CCASN-1 CCAIN CCAIN-1"), (nil, "VTIC RELAIS NTARF NJOURF NJOURF+1"),
        ]
        var table: [String: Quantity] = [:]
        for (unit, names) in labels {
            for name in names.split(separator: " ") { table[String(name)] = Quantity(unit: unit) }
        }
        return table
    }()
}
