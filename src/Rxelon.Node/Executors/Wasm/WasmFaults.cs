using System.Text;
using Rxelon.Shared.Values;
using Wasmtime;

namespace Rxelon.Node.Executors.Wasm;

/// <summary>What a Wasmtime error means to a user.</summary>
internal static class WasmFaults
{
    internal static Fault Of(WasmtimeException error, SandboxSpec spec) => error switch
    {
        TrapException { Type: TrapCode.OutOfFuel or TrapCode.Interrupt } => LimitFaults.Time(spec.Time),
        TrapException { Type: TrapCode.AllocationTooLarge } => LimitFaults.Memory(spec.Resources.Memory),
        TrapException { Type: TrapCode.StackOverflow } => Trapped("it ran out of stack"),
        TrapException trap => Trapped(Words(trap.Type)),
        _ when error.Message.Contains("exceeds memory limits", StringComparison.Ordinal) => LimitFaults.Memory(spec.Resources.Memory),
        _ when error.Message.Contains("limit", StringComparison.Ordinal)
            => new Fault(FaultCodes.BadProgram, "The module needs more tables, memories or instances than a sandbox has.", Culprit.Program),
        _ => Trapped("the runtime refused to go on"),
    };

    /// <summary>
    /// A program cannot be seen asking for memory in vain. One that fails while it holds more than three quarters of its limit is
    /// taken to have asked.
    /// </summary>
    internal static bool WasStarved(long memory, long limit) => memory > limit / 4 * 3;

    /// <summary>Where the program was, for its owner's encrypted log.</summary>
    internal static byte[] Trace(WasmtimeException error)
    {
        var text = new StringBuilder().Append("trap: ").AppendLine(error is TrapException trap ? Words(trap.Type) : "runtime error");
        foreach (var frame in error.Frames?.Take(32) ?? [])
            text.Append("  at ").Append(frame.FunctionName ?? "?").Append(" +").AppendLine(frame.ModuleOffset.ToString("x", null));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static Fault Trapped(string why) => new(FaultCodes.ProgramTrapped, $"The program was ended by a trap: {why}.", Culprit.Program);

    private static string Words(TrapCode code)
        => string.Concat(code.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString()));
}
