// A test that asks for the test kit gets the simulated world with it.
@_exported public import Simulation

/// The error of the simulated world is the test kit's too.
public typealias TestKitError = SimulationError
