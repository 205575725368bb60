using System.Diagnostics;

namespace Rxelon.Bench;

/// <summary>Wall time, busy cores and allocation of a stretch of work in this process.</summary>
internal sealed class Load
{
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly TimeSpan _cpu = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly long _allocated = GC.GetTotalAllocatedBytes();

    internal double Seconds => _watch.Elapsed.TotalSeconds;

    internal double BusyCores => (Process.GetCurrentProcess().TotalProcessorTime - _cpu).TotalSeconds / Seconds;

    internal double AllocatedKiB => (GC.GetTotalAllocatedBytes() - _allocated) / 1024.0;
}
