using System.Text;
using Rxelon.Node.Executors.Plain;

namespace Rxelon.Node.Tests;

/// <summary>A node's state directory with its plaintext space; both are gone after the test.</summary>
public sealed class TestState : IDisposable
{
    internal TestState()
    {
        Path = Directory.CreateTempSubdirectory("rxelon-node-").FullName;
        Space = PlainSpace.Open(Path, 256 << 20, allowSwap: true).Value;
    }

    public string Path { get; }

    internal PlainSpace Space { get; }

    /// <summary>Files below the directory that hold the text; the plaintext space included or not.</summary>
    internal static IReadOnlyList<string> FilesWith(string directory, string text, string? except = null)
    {
        var needle = Encoding.UTF8.GetBytes(text);
        return [.. Directory.EnumerateFiles(directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Where(f => except is null || !f.StartsWith(except, StringComparison.Ordinal))
            .Where(f => Holds(f, needle))];
    }

    public void Dispose()
    {
        Space.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    private static bool Holds(string file, byte[] needle)
    {
        try
        {
            return Posix.Look(file).Type == EntryType.File && File.ReadAllBytes(file).AsSpan().IndexOf(needle) >= 0;
        }
        catch (IOException)
        {
            // It went away meanwhile.
            return false;
        }
    }
}
