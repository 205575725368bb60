using System.Globalization;
using Rxelon.Client.Archives;
using Rxelon.Client.Specs;

namespace Rxelon.Client.Results;

/// <summary>
/// Results in a folder. Every part is unpacked into a hidden staging folder first; <see cref="FinishAsync"/> then puts them in
/// place. Merged: <c>stdout</c> and <c>stderr</c> joined in order of parts, and the files of all parts in one tree when no two
/// have the same name, else under <c>part-00000/</c>. Not merged: a folder per part with <c>stdout</c>, <c>stderr</c>, <c>out/</c>.
/// </summary>
public sealed class ResultFolder : IDisposable
{
    private const string StdoutName = "stdout";
    private const string StderrName = "stderr";

    private readonly string _target;
    private readonly string _staging;
    private readonly SortedDictionary<int, List<string>> _files = [];
    private bool _disposed;

    /// <summary>Results go to <paramref name="target"/>, which is made when it is missing.</summary>
    public ResultFolder(string target)
    {
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
        return new PartFolder(folder, files);
    }

    /// <summary>Puts everything in place and returns the paths written, relative to the folder.</summary>
    public async Task<IReadOnlyList<string>> FinishAsync(MergeMode merge, CancellationToken ct = default)
    {
        var written = new List<string>();
        if (merge == MergeMode.None)
        {
            foreach (var part in _files.Keys)
            {
                foreach (var file in Directory.EnumerateFiles(Path.Combine(_staging, NameOf(part)), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                    written.Add(Place(file, Path.GetRelativePath(_staging, file)));
            }

            return written;
        }

        await JoinAsync(StdoutName, written, ct).ConfigureAwait(false);
        await JoinAsync(StderrName, written, ct).ConfigureAwait(false);
        var oneTree = MakeOneTree();
        foreach (var (part, files) in _files)
        {
            foreach (var file in files)
                written.Add(Place(Path.Combine(_staging, NameOf(part), "out", file), oneTree ? file : Path.Combine(NameOf(part), file)));
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
        var files = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { StdoutName, StderrName };
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

    private async Task JoinAsync(string name, List<string> written, CancellationToken ct)
    {
        var pieces = _files.Keys.Select(part => Path.Combine(_staging, NameOf(part), name)).Where(File.Exists).ToList();
        if (pieces.Count == 0 || (name == StderrName && pieces.TrueForAll(p => new FileInfo(p).Length == 0)))
            return;
        var joined = Path.Combine(_staging, name);
        var into = File.Create(joined);
        await using (into.ConfigureAwait(false))
        {
            foreach (var piece in pieces)
            {
                var from = File.OpenRead(piece);
                await using (from.ConfigureAwait(false))
                    await from.CopyToAsync(into, ct).ConfigureAwait(false);
            }
        }

        written.Add(Place(joined, name));
    }

    /// <summary>Moves a file to its place; a link that stands on the way there is not followed out of the folder.</summary>
    private string Place(string file, string name)
    {
        var target = Path.GetFullPath(Path.Combine(_target, name));
        for (var folder = Path.GetDirectoryName(target)!; folder.Length > _target.Length; folder = Path.GetDirectoryName(folder)!)
        {
            if (new DirectoryInfo(folder).LinkTarget is not null)
                throw new IOException($"{folder} is a link; results are not written through links.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Move(file, target, overwrite: true);
        return name.Replace(Path.DirectorySeparatorChar, '/');
    }

    private sealed class PartFolder(string folder, List<string> files) : IResultSink
    {
        public Task StdoutAsync(Stream content, CancellationToken ct) => WriteAsync(Path.Combine(folder, StdoutName), content, ct);

        public Task StderrAsync(Stream content, CancellationToken ct) => WriteAsync(Path.Combine(folder, StderrName), content, ct);

        public Task FileAsync(string name, Stream content, CancellationToken ct)
        {
            files.Add(name);
            return WriteAsync(Path.Combine(folder, "out", name), content, ct);
        }

        private static async Task WriteAsync(string path, Stream content, CancellationToken ct)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var file = File.Create(path);
            await using (file.ConfigureAwait(false))
                await content.CopyToAsync(file, ct).ConfigureAwait(false);
        }
    }
}
