import Simulation

/// What is wrong with a device: the same faults on every kind of line. On a device that speaks by itself,
/// `wrongUnit`, `echo` and `exception` change nothing.
public typealias LineFault = ModbusSlaves.Fault
