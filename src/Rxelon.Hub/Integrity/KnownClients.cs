using System.Globalization;

namespace Rxelon.Hub.Integrity;

/// <summary>
/// <c>clients.allowed</c> in the data directory: a line <c>HEX time by note</c> for each client that an admin allowed, besides
/// those of the configuration. A file and not the journal: it is policy, as the configuration is, and says nothing about a node.
/// What follows from it does stand in the journal (<c>node.measured.1</c>, by "allowed").
/// </summary>
internal sealed class KnownClients : IKnownClients
{
    private readonly Lock _gate = new();
    private readonly string _file;
    private readonly HashSet<string> _known;
    private readonly List<string> _lines;

    internal KnownClients(string file, IEnumerable<string> configured)
    {
        _file = file;
        _lines = [.. configured.Select(d => $"{d.ToLowerInvariant()} configuration"), .. File.Exists(file) ? File.ReadAllLines(file) : []];
        _known = _lines.Select(l => l.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
                return [.. _lines];
        }
    }

    /// <inheritdoc/>
    public bool IsKnown(byte[] application)
    {
        lock (_gate)
            return _known.Contains(Convert.ToHexStringLower(application));
    }

    /// <inheritdoc/>
    public bool Allow(byte[] application, string by, string note, DateTimeOffset at)
    {
        var digest = Convert.ToHexStringLower(application);
        lock (_gate)
        {
            if (_known.Contains(digest))
                return false;
            var line = string.Create(CultureInfo.InvariantCulture, $"{digest} {at.UtcDateTime:u} {by} {note.ReplaceLineEndings(" ")}").TrimEnd();
            using (var file = new FileStream(_file, FileMode.Append))
            {
                file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
                file.Flush(flushToDisk: true);
            }

            _lines.Add(line);
            return _known.Add(digest);
        }
    }
}
