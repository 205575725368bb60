using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors;

/// <summary>The faults of programs that met a limit of their part; the same words whatever the sandbox.</summary>
internal static class LimitFaults
{
    internal static Fault Time(TimeSpan limit)
        => Program(FaultCodes.TimeLimit, $"The program did not end within {limit.TotalSeconds:0.###} seconds.");

    internal static Fault Memory(long limit)
        => Program(FaultCodes.MemoryLimit, $"The program needs more than its memory limit of {limit} bytes.");

    internal static Fault Output(long limit)
        => Program(FaultCodes.OutputLimit, $"The program wrote more than the part's output limit of {limit} bytes.");

    internal static Fault ExitCode(long code)
        => Program(FaultCodes.ProgramFailed, $"The program ended with exit code {code}.");

    internal static Fault Stopped { get; } = new(FaultCodes.Stopped, "The attempt was stopped.");

    private static Fault Program(string code, string message) => new(code, message, Culprit.Program);
}
