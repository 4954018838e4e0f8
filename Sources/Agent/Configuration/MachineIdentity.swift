import Records

/// Makes the gateway's id from the machine id of systemd (`machine-id(5)`).
///
/// The machine id itself is confidential: programs must not send it over a network. The gateway's id is
/// `gw-` and the first 12 hexadecimal digits of the 64-bit FNV-1a hash of the machine id's 32 digits. 48 bits cannot be
/// turned back into 128, and two of 10,000 gateways share one with a chance below one in five million.
public enum MachineIdentity {
    /// The gateway's id; nil where the text is no machine id.
    public static func gatewayID(machineID text: String) -> GatewayID? {
        let digits = text.prefix { $0 != "\n" }
        let isMachineID = digits.utf8.count == 32 && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
        guard isMachineID, digits.contains(where: { $0 != "0" }) else { return nil }
        let hash = String(hash(digits.lowercased().utf8), radix: 16)
        let padded = String(repeating: "0", count: 16 - hash.utf8.count) + hash
        return GatewayID("gw-" + padded.prefix(12))
    }

    /// FNV-1a, 64 bits (draft-eastlake-fnv, section 5): for what nobody gains by forging.
    public static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
