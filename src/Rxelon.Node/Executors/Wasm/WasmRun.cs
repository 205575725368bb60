using Rxelon.Node.Executors.Archives;
using Rxelon.Node.Executors.Plain;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Wasm;

/// <summary>
/// One program while it runs: its clocks, what it wrote, and why it has to stop. Used by the thread that runs the program;
/// <see cref="Elapsed"/> by others too.
/// </summary>
internal sealed class WasmRun
{
    /// <summary>Between two looks at the size of the result directory where the kernel does not bound it.</summary>
    private static readonly TimeSpan SizeLook = TimeSpan.FromMilliseconds(50);

    private readonly TimeProvider _time;
    private readonly SandboxSpec _spec;
    private readonly PlainCell _cell;
    private readonly CancellationToken _cancel;
    private readonly long _started;
    private TimeSpan _sizeLooked;

    internal WasmRun(TimeProvider time, SandboxSpec spec, PlainCell cell, CancellationToken cancel)
    {
        _time = time;
        _spec = spec;
        _cell = cell;
        _cancel = cancel;
        _started = time.GetTimestamp();
        Stdout = new ChunkedBuffer(spec.OutputBytes);
    }

    internal ChunkedBuffer Stdout { get; }

    internal TailBuffer Stderr { get; } = new(PartArchive.StderrTail);

    /// <summary>Since the program was loaded.</summary>
    internal TimeSpan Elapsed => _time.GetElapsedTime(_started);

    /// <summary>Why it had to stop; null while it may go on.</summary>
    internal Fault? Stopped { get; private set; }

    /// <summary>Nanoseconds since 1970.</summary>
    internal long Realtime => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Nanoseconds since the program was loaded.</summary>
    internal long Monotonic => Elapsed.Ticks * TimeSpan.NanosecondsPerTick;

    internal void WriteStdout(ReadOnlySpan<byte> bytes)
    {
        var before = Stdout.Length;
        Stdout.Write(bytes);
        _spec.Log?.Invoke(LogSource.Stdout, bytes[..(int)(Stdout.Length - before)]);
    }

    internal void WriteStderr(ReadOnlySpan<byte> bytes)
    {
        Stderr.Write(bytes);
        _spec.Log?.Invoke(LogSource.Stderr, bytes);
    }

    /// <summary>False when the program must end now; <see cref="Stopped"/> says why.</summary>
    internal bool MayGoOn()
    {
        if (Stopped is null && _cancel.IsCancellationRequested)
            Stopped = LimitFaults.Stopped;
        else if (Stopped is null && Elapsed >= _spec.Time)
            Stopped = LimitFaults.Time(_spec.Time);
        else if (Stopped is null && (Stdout.Exceeded || IsTooLarge()))
            Stopped = LimitFaults.Output(_spec.OutputBytes);
        return Stopped is null;
    }

    /// <summary>Sleeps for the program, but not beyond its end.</summary>
    internal void Wait(TimeSpan time)
    {
        var left = _spec.Time - Elapsed;
        var wait = time < left ? time : left;
        if (wait > TimeSpan.Zero)
            _cancel.WaitHandle.WaitOne(wait);
    }

    private bool IsTooLarge()
    {
        if (_cell.IsSized || !OperatingSystem.IsLinux() || Elapsed - _sizeLooked < SizeLook)
            return false;
        _sizeLooked = Elapsed;
        var left = _spec.OutputBytes;
        foreach (var (_, _, size) in _cell.Outputs())
        {
            if (size > left)
                return true;
            left -= size;
        }

        return false;
    }
}
