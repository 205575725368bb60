using Wasmtime;

namespace Rxelon.Node.Executors.Wasm;

/// <summary>
/// One Wasmtime engine and the clock that interrupts its programs: every <see cref="Tick"/> each running program is asked whether
/// it may go on (<see cref="WasmRun.MayGoOn"/>). Nothing it compiles is written anywhere.
/// </summary>
internal sealed class WasmEngine : IDisposable
{
    internal static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly ManualResetEvent _stopped = new(false);
    private readonly ManualResetEvent _busy = new(false);
    private readonly Thread _ticker;
    private int _running;

    internal WasmEngine()
    {
        // Canonical NaNs and deterministic relaxed SIMD: equal inputs give equal bytes on every processor.
        using var config = new Wasmtime.Config();
        config.WithFuelConsumption(true)
            .WithEpochInterruption(true)
            .WithCraneliftNaNCanonicalization(true)
            .WithRelaxedSIMD(true, true)
            .WithWasmThreads(false)
            .WithMaximumStackSize(1 << 20);
        Engine = new Engine(config);
        _ticker = new Thread(RunTicker) { IsBackground = true, Name = "wasm-ticks" };
        _ticker.Start();
    }

    internal Engine Engine { get; }

    /// <summary>A program starts: the clock ticks while at least one runs.</summary>
    internal void Enter()
    {
        if (Interlocked.Increment(ref _running) == 1)
            _busy.Set();
    }

    /// <summary>A program ended.</summary>
    internal void Leave()
    {
        // Whoever enters between the two calls sets it again; one tick too many or too late is harmless.
        if (Interlocked.Decrement(ref _running) == 0)
            _busy.Reset();
        if (Volatile.Read(ref _running) > 0)
            _busy.Set();
    }

    /// <summary>Stops the clock; programs must have ended.</summary>
    public void Dispose()
    {
        _stopped.Set();
        _ticker.Join();
        Engine.Dispose();
        _stopped.Dispose();
        _busy.Dispose();
    }

    private void RunTicker()
    {
        WaitHandle[] either = [_stopped, _busy];
        while (WaitHandle.WaitAny(either) != 0)
        {
            if (_stopped.WaitOne(Tick))
                return;
            Engine.IncrementEpoch();
        }
    }
}
