using System.Globalization;
using Rxelon.Client.Archives;
using Rxelon.Client.Specs;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Results;

/// <summary>
/// Results in a folder. Every part is unpacked into a hidden staging folder first; <see cref="FinishAsync"/> then puts them in
/// place. Merged: <c>stdout</c> and <c>stderr</c> joined in order of parts, and the files of all parts in one tree when no two
/// have the same name, else under <c>part-00000/</c>. <c>manifest.json</c> lists them. Not merged: a folder per part with <c>stdout</c>, <c>stderr</c>, <c>out/</c>.
/// </summary>
public sealed class ResultFolder : IDisposable
{
    private const string StdoutName = "stdout";
    private const string StderrName = "stderr";

    private readonly string _target;
    private readonly string _staging;
    private readonly SortedDictionary<int, List<string>> _files = [];
    private readonly Dictionary<string, (long Size, string Sha256)> _hashes = [];
    private readonly List<ManifestFile> _placed = [];
    private readonly TaskResponse? _task;
    private bool _disposed;

    /// <summary>
    /// Results of <paramref name="task"/> go to <paramref name="target"/>, which is made when it is missing. Without a task there
    /// is no manifest.
    /// </summary>
    public ResultFolder(string target, TaskResponse? task = null)
    {
        _task = task;
        _target = Path.GetFullPath(target);
        Directory.CreateDirectory(_target);
        _staging = Directory.CreateDirectory(Path.Combine(_target, $".rxelon-{Environment.ProcessId}")).FullName;
    }

    /// <summary>Where one part is unpacked.</summary>
    internal IResultSink Open(int part)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_staging, NameOf(part))).FullName;
        var files = new List<string>();
        _files[part] = files;
        return new PartFolder(folder, files, _hashes);
    }

    /// <summary>
    /// Puts everything in place and returns the paths written, relative to the folder. Fault: bad-records, when standard outputs are
    /// to be joined by record and are none; then nothing was put in place. Fault: hash-mismatch, when a file on the disk is not what
    /// was unpacked. The manifest is written last.
    /// </summary>
    public async Task<Outcome<IReadOnlyList<string>>> FinishAsync(MergeMode merge, CancellationToken ct = default)
    {
        try
        {
            var written = await PlaceAllAsync(merge, ct).ConfigureAwait(false);
            return await DescribeAsync(merge, ct).ConfigureAwait(false) is { } fault ? fault : written.ToArray();
        }
        catch (InputException e)
        {
            return e.Fault;
        }
    }

    private async Task<IReadOnlyList<string>> PlaceAllAsync(MergeMode merge, CancellationToken ct)
    {
        var written = new List<string>();
        if (merge == MergeMode.None)
        {
            foreach (var part in _files.Keys)
            {
                foreach (var file in Directory.EnumerateFiles(Path.Combine(_staging, NameOf(part)), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                    written.Add(Place(file, Path.GetRelativePath(_staging, file), part));
            }

            return written;
        }

        await JoinAsync(StdoutName, merge, written, ct).ConfigureAwait(false);
        await JoinAsync(StderrName, MergeMode.Concat, written, ct).ConfigureAwait(false);
        var oneTree = MakeOneTree();
        foreach (var (part, files) in _files)
        {
            foreach (var file in files)
                written.Add(Place(Path.Combine(_staging, NameOf(part), "out", file), oneTree ? file : Path.Combine(NameOf(part), file), part));
        }

        return written;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Directory.Delete(_staging, recursive: true);
    }

    private static string NameOf(int part) => part.ToString("'part-'00000", CultureInfo.InvariantCulture);

    /// <summary>True when no file is also a file or folder of another part, nor one of the joined outputs.</summary>
    private bool MakeOneTree()
    {
        var files = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { StdoutName, StderrName, ResultManifest.FileName };
        var folders = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in _files.Values.SelectMany(f => f))
        {
            if (!files.Add(name))
                return false;
            for (var slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/', slash + 1))
                folders.Add(name[..slash]);
        }

        return !folders.Overlaps(files);
    }

    private async Task JoinAsync(string name, MergeMode merge, List<string> written, CancellationToken ct)
    {
        var pieces = _files.Keys.Select(part => Path.Combine(_staging, NameOf(part), name)).Where(File.Exists).ToList();
        if (pieces.Count == 0 || (name == StderrName && pieces.TrueForAll(p => new FileInfo(p).Length == 0)))
            return;
        var joined = Path.Combine(_staging, name);
        var into = new HashedFile(joined);
        await using (into.ConfigureAwait(false))
        {
            var merger = RecordMerger.For(merge, into);
            foreach (var piece in pieces)
            {
                var from = File.OpenRead(piece);
                await using (from.ConfigureAwait(false))
                {
                    await (merger?.AddAsync(from, Path.GetFileName(Path.GetDirectoryName(piece))!, ct) ?? from.CopyToAsync(into, ct))
                        .ConfigureAwait(false);
                }
            }

            _hashes[joined] = (into.Size, into.Digest());
        }

        written.Add(Place(joined, name, null));
    }

    /// <summary>Moves a file to its place; a link that stands on the way there is not followed out of the folder.</summary>
    private string Place(string file, string name, int? part)
    {
        var target = Path.GetFullPath(Path.Combine(_target, name));
        for (var folder = Path.GetDirectoryName(target)!; folder.Length > _target.Length; folder = Path.GetDirectoryName(folder)!)
        {
            if (new DirectoryInfo(folder).LinkTarget is not null)
                throw new IOException($"{folder} is a link; results are not written through links.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Move(file, target, overwrite: true);
        var path = name.Replace(Path.DirectorySeparatorChar, '/');
        var by = part is { } number ? _task?.Parts.FirstOrDefault(p => p.Part == number) : null;
        _placed.Add(new ManifestFile(path, _hashes[file].Size, _hashes[file].Sha256, part, by?.Attempt, by?.Node));
        return path;
    }

    private async Task<Fault?> DescribeAsync(MergeMode merge, CancellationToken ct)
    {
        if (_task is null)
            return null;
        var manifest = new ResultManifest(
            ResultManifest.CurrentVersion, _task.Summary.Task, ResultManifest.NameOf(merge),
            [.. _task.Parts.Where(p => _files.ContainsKey(p.Part)).OrderBy(p => p.Part).Select(p => new ManifestPart(p.Part, p.Attempt, p.Node, p.Result!.Value))],
            [.. _placed.OrderBy(f => f.Path, StringComparer.Ordinal)]);
        if (await manifest.CheckAsync(_target, ct).ConfigureAwait(false) is [var first, ..])
            return new Fault(FaultCodes.HashMismatch, $"{first.Path} on this machine's disk {first.What}, though it was unpacked correctly; fetch again.", Culprit.None);
        await File.WriteAllBytesAsync(Path.Combine(_target, ResultManifest.FileName), manifest.ToBytes(), ct).ConfigureAwait(false);
        return null;
    }

    private sealed class PartFolder(string folder, List<string> files, Dictionary<string, (long Size, string Sha256)> hashes) : IResultSink
    {
        public Task StdoutAsync(Stream content, CancellationToken ct) => WriteAsync(Path.Combine(folder, StdoutName), content, ct);

        public Task StderrAsync(Stream content, CancellationToken ct) => WriteAsync(Path.Combine(folder, StderrName), content, ct);

        public Task FileAsync(string name, Stream content, CancellationToken ct)
        {
            files.Add(name);
            return WriteAsync(Path.Combine(folder, "out", name), content, ct);
        }

        private async Task WriteAsync(string path, Stream content, CancellationToken ct)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var file = new HashedFile(path);
            await using (file.ConfigureAwait(false))
            {
                await content.CopyToAsync(file, ct).ConfigureAwait(false);
                hashes[path] = (file.Size, file.Digest());
            }
        }
    }
}
