namespace Rxelon.Node.Executors.Egress;

/// <summary>One connection that a program asked for: where to, whether it got there, and how much went each way. Never what.</summary>
internal readonly record struct EgressRecord(string Host, int Port, string Verdict, long Sent, long Received)
{
    /// <summary>For people.</summary>
    public override string ToString() => $"{Host}:{Port} {Verdict}, {Sent} bytes sent, {Received} received";
}

/// <summary>
/// The operator's account of what programs connected to: <c>network.log</c>, a line each, at most two files of
/// <see cref="LargestFile"/> bytes. Thread-safe.
/// </summary>
internal sealed class EgressLog(string? directory, TimeProvider time)
{
    internal const long LargestFile = 8 << 20;
    private const string Name = "network.log";
    private readonly Lock _lock = new();

    internal void Write(string attempt, EgressRecord record)
    {
        if (directory is null)
            return;
        var path = Path.Combine(directory, Name);
        lock (_lock)
        {
            Directory.CreateDirectory(directory);
            if (File.Exists(path) && new FileInfo(path).Length > LargestFile)
                File.Move(path, path + ".1", overwrite: true);
            File.AppendAllText(path, $"{time.GetUtcNow():O} {attempt} {record}\n");
        }
    }
}
