using System.Buffers.Binary;
using Wasmtime;

namespace Rxelon.Node.Executors.Wasm;

/// <summary>
/// The three calls of WASI preview 1 that concern time, in place of Wasmtime's own: a program that sleeps must still end at its
/// time limit, and Wasmtime interrupts only WebAssembly code, not a host call that waits.
/// Layouts: github.com/WebAssembly/WASI, legacy/preview1/docs.md.
/// </summary>
internal static class WasiClock
{
    internal const string Module = "wasi_snapshot_preview1";

    private const int Success = 0;
    private const int Fault = 21;
    private const int Invalid = 28;
    private const int SubscriptionSize = 48;
    private const int EventSize = 32;
    private const int Realtime = 0;
    private const int Monotonic = 1;
    private const byte ClockEvent = 0;
    private const int MostSubscriptions = 4096;
    private const long NanosecondsPerTick = 100;

    /// <summary>Shadows the calls in a linker that already has WASI.</summary>
    internal static void Define(Linker linker)
    {
        linker.AllowShadowing = true;
        linker.DefineFunction(Module, "clock_time_get", (CallerFunc<int, long, int, int>)TimeGet);
        linker.DefineFunction(Module, "clock_res_get", (CallerFunc<int, int, int>)ResolutionGet);
        linker.DefineFunction(Module, "poll_oneoff", (CallerFunc<int, int, int, int, int>)Poll);
    }

    private static int TimeGet(Caller caller, int clock, long precision, int at)
    {
        if (Now(Run(caller), clock) is not { } now)
            return Invalid;
        if (!caller.TryGetMemorySpan<byte>("memory", (uint)at, 8, out var into))
            return Fault;
        BinaryPrimitives.WriteInt64LittleEndian(into, now);
        return Success;
    }

    private static int ResolutionGet(Caller caller, int clock, int at)
    {
        if (clock is not (Realtime or Monotonic))
            return Invalid;
        if (!caller.TryGetMemorySpan<byte>("memory", (uint)at, 8, out var into))
            return Fault;
        BinaryPrimitives.WriteInt64LittleEndian(into, NanosecondsPerTick);
        return Success;
    }

    private static int Poll(Caller caller, int inAt, int outAt, int count, int countAt)
    {
        if (count is <= 0 or > MostSubscriptions)
            return Invalid;
        if (!caller.TryGetMemorySpan<byte>("memory", (uint)inAt, count * SubscriptionSize, out var bytes))
            return Fault;
        var run = Run(caller);
        var now = run.Monotonic;
        var subscriptions = new Subscription[count];
        for (var i = 0; i < count; i++)
            subscriptions[i] = Read(run, bytes.Slice(i * SubscriptionSize, SubscriptionSize), now);
        var due = subscriptions.Min(s => s.Due);
        if (due > now)
            run.Wait(TimeSpan.FromTicks((due - now + NanosecondsPerTick - 1) / NanosecondsPerTick));

        if (!caller.TryGetMemorySpan<byte>("memory", (uint)outAt, count * EventSize, out var events)
            || !caller.TryGetMemorySpan<byte>("memory", (uint)countAt, sizeof(int), out var written))
            return Fault;
        var ready = 0;
        now = Math.Max(due, run.Monotonic);
        foreach (var subscription in subscriptions)
        {
            if (subscription.Due <= now)
                subscription.WriteEvent(events.Slice(ready++ * EventSize, EventSize));
        }

        BinaryPrimitives.WriteInt32LittleEndian(written, ready);
        return Success;
    }

    /// <summary>Files are always ready; a clock is when its time has come; an unknown clock is at once, with an error.</summary>
    private static Subscription Read(WasmRun run, ReadOnlySpan<byte> bytes, long now)
    {
        var user = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var type = bytes[8];
        if (type != ClockEvent)
            return new Subscription(user, type, now, Success);
        var id = BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]);
        var timeout = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        var isAbsolute = (BinaryPrimitives.ReadUInt16LittleEndian(bytes[40..]) & 1) != 0;
        if (Now(run, id) is not { } clockNow)
            return new Subscription(user, type, now, Invalid);
        var wait = (decimal)timeout - (isAbsolute ? clockNow : 0);
        return new Subscription(user, type, (long)Math.Clamp(now + wait, now, long.MaxValue), Success);
    }

    private static long? Now(WasmRun run, int clock) => clock switch
    {
        Realtime => run.Realtime,
        Monotonic => run.Monotonic,
        _ => null,
    };

    private static WasmRun Run(Caller caller) => (WasmRun)caller.GetData()!;

    private readonly record struct Subscription(ulong User, byte Type, long Due, int Error)
    {
        internal void WriteEvent(Span<byte> into)
        {
            into.Clear();
            BinaryPrimitives.WriteUInt64LittleEndian(into, User);
            BinaryPrimitives.WriteUInt16LittleEndian(into[8..], (ushort)Error);
            into[10] = Type;
            if (Type != ClockEvent)
                BinaryPrimitives.WriteUInt64LittleEndian(into[16..], 1);
        }
    }
}
