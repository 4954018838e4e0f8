import Glibc

extension DeviceTree {
    /// The name by which a port is found again after a restart, whatever the kernel calls it then: its USB identity,
    /// where that means this port alone; else its link in `by-id` or `by-path`; else the path itself.
    public func lastingName(of path: String) -> PortName {
        let file = Self.resolved(path)
        if let identity = identity(of: file) { return identity }
        for folder in ["/serial/by-id", "/serial/by-path"] {
            let links = matches(devices + folder + "/*").filter { Self.resolved($0) == file }
            if let link = links.first { return .path(link) }
        }
        return .path(path)
    }

    /// The USB identity, with the serial number where there is one.
    private func identity(of file: String) -> PortName? {
        guard let terminal = file.split(separator: "/").last.map(String.init), let device = usbDevice(of: terminal),
            let vendor = number("idVendor", of: device), let product = number("idProduct", of: device)
        else { return nil }
        let serial = attribute("serial", of: device).flatMap { $0.isEmpty ? nil : $0 }
        let name = PortName.usb(vendor: vendor, product: product, serial: serial)
        // An adapter with several ports has one identity for all of them.
        guard case .device(let found) = find(name), Self.resolved(found) == file else { return nil }
        return name
    }
}
