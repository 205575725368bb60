using System.IO.Enumeration;
using System.Text;
using System.Text.RegularExpressions;
using Rxelon.Client.Results;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Splitting;

/// <summary>
/// The files behind a task's inputs, in a fixed order: as listed, and by name within a folder or glob. <c>-</c> is standard
/// input and stands alone.
/// </summary>
public sealed record InputSet(IReadOnlyList<InputFile> Files, bool UsesStdin)
{
    /// <summary>The name that stands for standard input.</summary>
    public const string Stdin = "-";

    /// <summary>A node takes no more entries in one part.</summary>
    internal const int MostFilesPerPart = 65_536;

    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = false,
    };

    /// <summary>
    /// Finds the files. A link to a file is that file. Faults: not-found for a path or glob without files and for a link to nothing,
    /// conflict for two files of one name, malformed for a link to a folder within a folder (it may lead in a circle, or out).
    /// </summary>
    public static Outcome<InputSet> Resolve(IReadOnlyList<string> inputs, string baseDirectory)
    {
        try
        {
            return ResolveAll(inputs, baseDirectory);
        }
        catch (InputException e)
        {
            return e.Fault;
        }
    }

    private static Outcome<InputSet> ResolveAll(IReadOnlyList<string> inputs, string baseDirectory)
    {
        if (inputs.Contains(Stdin))
        {
            return inputs.Count == 1
                ? new InputSet([], true)
                : new Fault(FaultCodes.Malformed, "'-' (standard input) cannot stand beside other inputs.", Culprit.Input);
        }

        var files = new List<InputFile>();
        foreach (var input in inputs)
        {
            var found = Find(input, Path.GetFullPath(input, baseDirectory)).ToList();
            if (found.Count == 0)
                return new Fault(FaultCodes.NotFound, $"Input '{input}' does not exist or has no files.", Culprit.Input);
            files.AddRange(found);
        }

        var twice = files.GroupBy(f => f.Name).FirstOrDefault(g => g.Select(f => f.Path).Distinct().Count() > 1);
        if (twice is not null)
            return new Fault(FaultCodes.Conflict, $"Two inputs would both be in/{twice.Key}: {string.Join(" and ", twice.Select(f => f.Path).Take(2))}.", Culprit.Input);
        var names = files.Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        if (names.FirstOrDefault(name => Folders(name).Any(names.Contains)) is { } below)
            return new Fault(FaultCodes.Conflict, $"in/{Folders(below).First(names.Contains)} would be a file and, because of in/{below}, a folder.", Culprit.Input);
        return new InputSet([.. files.DistinctBy(f => f.Path)], false);
    }

    private static IEnumerable<string> Folders(string name)
    {
        for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
            yield return name[..slash];
    }

    private static IEnumerable<InputFile> Find(string input, string full)
    {
        if (File.Exists(full))
            return [Describe(full, Path.GetFileName(full))];
        if (Directory.Exists(full))
        {
            var folder = Path.TrimEndingDirectorySeparator(full);
            var prefix = Path.GetFullPath(folder) is var f && f == Path.GetPathRoot(f) ? "" : Path.GetFileName(f) + "/";

            // "." means the content, without naming the folder that happens to be current.
            prefix = input.TrimEnd('/') is "." or "" ? "" : prefix;
            var files = Below(folder, prefix, null);

            // A folder of fetched results is an input like any other; what is written about it is not.
            return ResultManifest.Read(folder).IsOk ? files.Where(f => f.Name != prefix + ResultManifest.FileName) : files;
        }

        return IsGlob(input) ? Matching(full) : [];
    }

    private static bool IsGlob(string input) => input.AsSpan().ContainsAny("*?[");

    private static IEnumerable<InputFile> Matching(string pattern)
    {
        var segments = pattern.Replace(Path.DirectorySeparatorChar, '/').Split('/');
        var literal = segments.TakeWhile(s => !IsGlob(s)).Count();
        var folder = string.Join('/', segments[..literal]);
        folder = folder.Length == 0 ? "/" : folder;
        return Directory.Exists(folder) ? Below(folder, "", ToRegex(segments[literal..])) : [];
    }

    private static IEnumerable<InputFile> Below(string folder, string prefix, Regex? pattern)
        => FilesBelow(folder)
            .Select(path => (Path: path, Name: Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')))
            .Where(f => pattern?.IsMatch(f.Name) ?? true)
            .OrderBy(f => f.Name, StringComparer.Ordinal)
            .Select(f => Describe(f.Path, prefix + f.Name));

    private static IEnumerable<string> FilesBelow(string folder)
    {
        var found = new FileSystemEnumerable<(string Path, bool IsFolderLink)>(
            folder, (ref FileSystemEntry e) => (e.ToFullPath(), e.IsDirectory), Everything)
        {
            ShouldIncludePredicate = (ref FileSystemEntry e) => !e.IsDirectory || IsLink(ref e),
            ShouldRecursePredicate = (ref FileSystemEntry e) => !IsLink(ref e),
        };
        foreach (var (path, isFolderLink) in found)
        {
            yield return !isFolderLink ? path : throw new InputException(new Fault(
                FaultCodes.Malformed, $"{path} is a link to a folder, and those are not followed; name that folder as an input of its own.", Culprit.Input));
        }
    }

    private static bool IsLink(ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) != 0;

    private static InputFile Describe(string path, string name)
    {
        var file = new FileInfo(path);
        if (file.LinkTarget is null)
            return new InputFile(path, name, file.Length);
        return file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target
            ? new InputFile(path, name, target.Length)
            : throw new InputException(new Fault(FaultCodes.NotFound, $"{path} is a link to nothing.", Culprit.Input));
    }

    /// <summary><c>**</c> crosses folders, <c>*</c> and <c>?</c> do not, <c>[a-z]</c> is one of these.</summary>
    private static Regex ToRegex(string[] segments)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < segments.Length; i++)
        {
            if (segments[i] == "**")
            {
                regex.Append(i == segments.Length - 1 ? ".*" : "(?:[^/]+/)*");
                continue;
            }

            var text = Regex.Escape(segments[i]).Replace(@"\*", "[^/]*", StringComparison.Ordinal)
                .Replace(@"\?", "[^/]", StringComparison.Ordinal).Replace(@"\[", "[", StringComparison.Ordinal);
            regex.Append(text).Append(i == segments.Length - 1 ? "" : "/");
        }

        return new Regex(regex.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
    }
}
