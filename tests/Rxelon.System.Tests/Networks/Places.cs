using System.Diagnostics;

namespace Rxelon.System.Tests.Networks;

/// <summary>
/// Searches the files of one file system byte by byte, and their names. Memory file systems mounted below a directory are left out:
/// that is where sandboxes keep plaintext while they run.
/// </summary>
internal static class Places
{
    internal static async Task<IReadOnlyList<string>> ContainingAsync(string directory, string marker)
        => [.. await FindAsync(directory, "-type", "f", "-exec", "grep", "-lFa", "--", marker, "{}", "+"), .. await FindAsync(directory, "-name", $"*{marker}*")];

    private static async Task<string[]> FindAsync(string directory, params string[] what)
    {
        var start = new ProcessStartInfo("find", [directory, "-xdev", .. what]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var find = Process.Start(start)!;
        var error = find.StandardError.ReadToEndAsync();
        var found = await find.StandardOutput.ReadToEndAsync();
        await find.WaitForExitAsync();
        // Files come and go under a running network; anything else would make an empty answer worthless.
        Assert.All((await error).Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.EndsWith("No such file or directory", l, StringComparison.Ordinal));
        return found.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
