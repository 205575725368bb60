using System.Text;
using Rxelon.Node.Executors;

namespace Rxelon.Node.Tests;

/// <summary>Collects what a program wrote.</summary>
internal sealed class Seen
{
    private readonly Lock _lock = new();
    private readonly Dictionary<LogSource, StringBuilder> _text = new() { [LogSource.Stdout] = new(), [LogSource.Stderr] = new() };

    internal void Add(LogSource source, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
            _text[source].Append(Encoding.UTF8.GetString(bytes));
    }

    internal string Text(LogSource source)
    {
        lock (_lock)
            return _text[source].ToString();
    }
}
