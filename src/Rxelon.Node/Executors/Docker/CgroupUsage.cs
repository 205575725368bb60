using System.Globalization;

namespace Rxelon.Node.Executors.Docker;

/// <summary>CPU time, most memory and bytes moved to and from disks so far, and memory at the time of the sample.</summary>
internal readonly record struct CgroupSample(TimeSpan Cpu, long PeakMemory, long Memory, long ReadBytes, long WrittenBytes);

/// <summary>
/// Reads a container's use from the kernel's own files (cgroup v1 and v2, with the cgroupfs or the systemd driver), without a
/// call to the engine. The last sample before the end counts, so a program's last moments may be missing from it. Thread-safe.
/// </summary>
internal sealed class CgroupUsage(string container)
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private const string Root = "/sys/fs/cgroup";
    private readonly Lock _lock = new();
    private CgroupSample _last;

    /// <summary>The container's id.</summary>
    internal string Container => container;

    internal CgroupSample Last
    {
        get
        {
            lock (_lock)
                return _last;
        }
    }

    /// <summary>Keeps the larger of what was known and what the files say; files that are gone say nothing.</summary>
    internal void Sample()
    {
        var micros = FromV2("cpu.stat", "usage_usec") ?? Whole("cpuacct", "cpuacct.usage") / 1000 ?? 0;
        var memory = Whole("", "memory.peak") ?? Whole("memory", "memory.max_usage_in_bytes") ?? Whole("", "memory.current") ?? 0;
        var now = Whole("", "memory.current") ?? Whole("memory", "memory.usage_in_bytes") ?? 0;
        var (read, written) = ReadDisk();
        lock (_lock)
        {
            _last = new CgroupSample(
                TimeSpan.FromMicroseconds(Math.Max(micros, (long)_last.Cpu.TotalMicroseconds)), Math.Max(memory, _last.PeakMemory), now,
                Math.Max(read, _last.ReadBytes), Math.Max(written, _last.WrittenBytes));
        }
    }

    /// <summary>v2: "8:0 rbytes=1 wbytes=2 …" per device; v1: "8:0 Read 1" and "8:0 Write 2".</summary>
    private (long Read, long Written) ReadDisk()
    {
        long read = 0, written = 0;
        foreach (var line in (Read("", "io.stat") ?? Read("blkio", "blkio.throttle.io_service_bytes") ?? "").Split('\n'))
        {
            var words = line.Split(' ');
            if (words is [_, "Read", var r])
                read += Number(r);
            else if (words is [_, "Write", var w])
                written += Number(w);
            read += words.Where(x => x.StartsWith("rbytes=", StringComparison.Ordinal)).Sum(x => Number(x[7..]));
            written += words.Where(x => x.StartsWith("wbytes=", StringComparison.Ordinal)).Sum(x => Number(x[7..]));
        }

        return (read, written);
    }

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private long? Whole(string controller, string file)
        => Read(controller, file) is { } text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private long? FromV2(string file, string key)
    {
        foreach (var line in Read("", file)?.Split('\n') ?? [])
        {
            if (line.StartsWith(key + " ", StringComparison.Ordinal))
                return long.Parse(line.AsSpan(key.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        }

        return null;
    }

    private string? Read(string controller, string file)
    {
        foreach (var group in (string[])[$"docker/{container}", $"system.slice/docker-{container}.scope"])
        {
            var path = Path.Combine(Root, controller, group, file);
            try
            {
                if (File.Exists(path))
                    return File.ReadAllText(path).TrimEnd();
            }
            catch (IOException)
            {
                // The container ended between the two calls.
            }
        }

        return null;
    }
}
