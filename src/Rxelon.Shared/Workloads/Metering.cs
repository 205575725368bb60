namespace Rxelon.Shared.Workloads;

/// <summary>
/// What one attempt used, measured by the node and signed with its result. Wall and CPU time in milliseconds, peak memory
/// in bytes, fuel in Wasm instructions or, for models, generated tokens (0 elsewhere), input and output in plaintext bytes.
/// </summary>
public readonly record struct Metering(
    long WallMillis, long CpuMillis, long PeakMemory, long Fuel, long InputBytes, long OutputBytes, int ExitCode);
