using System.Text.Json;

namespace Rxelon.Node.Executors.Docker;

/// <summary>An image that this node pulled, by <c>REPOSITORY@sha256:…</c>; <see cref="Bytes"/> on the engine's disk, shared layers included.</summary>
internal sealed record PulledImage(string Reference, string Id, long Bytes, DateTimeOffset LastUsed);

/// <summary>
/// Which of the engine's images are there because of this node (<c>images.json</c> in its state directory). What is not in it is
/// never removed: after a crash in the middle of a pull an image may stay, but none of the operator's goes. Thread-safe.
/// </summary>
internal sealed class ImageNotes
{
    private const string FileName = "images.json";
    private static readonly TimeSpan UsePrecision = TimeSpan.FromMinutes(1);
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly Lock _lock = new();
    private readonly string? _path;
    private Notes _notes = new();

    /// <param name="stateDirectory">Null: nothing is kept beyond this process.</param>
    internal ImageNotes(string? stateDirectory)
    {
        if (stateDirectory is null)
            return;
        _path = Path.Combine(stateDirectory, FileName);
        if (File.Exists(_path))
            _notes = JsonSerializer.Deserialize<Notes>(File.ReadAllBytes(_path), Format) ?? new Notes();
    }

    /// <summary>Ids of images that came with tasks; noted before the engine gets them, so that none is forgotten.</summary>
    internal IReadOnlyList<string> Shipped
    {
        get
        {
            lock (_lock)
                return [.. _notes.Shipped];
        }
    }

    /// <summary>Images that were pulled, the least recently used first.</summary>
    internal IReadOnlyList<PulledImage> Pulled
    {
        get
        {
            lock (_lock)
                return [.. _notes.Pulled.OrderBy(p => p.LastUsed)];
        }
    }

    internal void AddShipped(string id) => Change(n => n.Shipped.Contains(id) ? n : n with { Shipped = [.. n.Shipped, id] });

    internal void RemoveShipped(string id) => Change(n => n with { Shipped = [.. n.Shipped.Where(s => s != id)] });

    internal void AddPulled(PulledImage image)
        => Change(n => n with { Pulled = [.. n.Pulled.Where(p => p.Reference != image.Reference), image] });

    internal void RemovePulled(string reference) => Change(n => n with { Pulled = [.. n.Pulled.Where(p => p.Reference != reference)] });

    /// <summary>The image of that id or digest is used now; kept to the minute.</summary>
    internal void Used(string image, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (_notes.Pulled.Any(p => IsOf(p, image) && now - p.LastUsed >= UsePrecision))
                Change(n => n with { Pulled = [.. n.Pulled.Select(p => IsOf(p, image) ? p with { LastUsed = now } : p)] });
        }
    }

    /// <summary>Whether the id or digest names that image.</summary>
    internal static bool IsOf(PulledImage pulled, string image) => pulled.Id == image || pulled.Reference.EndsWith("@" + image, StringComparison.Ordinal);

    private void Change(Func<Notes, Notes> change)
    {
        lock (_lock)
        {
            _notes = change(_notes);
            if (_path is null)
                return;
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            File.WriteAllBytes(_path + ".new", JsonSerializer.SerializeToUtf8Bytes(_notes, Format));
            File.Move(_path + ".new", _path, overwrite: true);
        }
    }

    private sealed record Notes
    {
        public IReadOnlyList<string> Shipped { get; init; } = [];

        public IReadOnlyList<PulledImage> Pulled { get; init; } = [];
    }
}
