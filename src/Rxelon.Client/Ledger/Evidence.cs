using System.Security.Cryptography;
using System.Text;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Keeps what shows that a log or a successor did wrong: a folder per case, named by its kind and by what was
/// signed, so that the same case sent again and again in other wrappings takes no more room. Nothing here is ever removed by the
/// program.
/// </summary>
internal sealed class Evidence(string folder)
{
    // Whoever repeats signed notes with made-up proofs must not fill the disk; of each kind, so that one leaves room for another.
    private const int MostCases = 1_000;
    private const int NameDigits = 16;
    private const string Why = "why.txt";

    /// <summary>Where the cases lie.</summary>
    internal string Folder => folder;

    /// <summary>
    /// Writes a case and gives its folder; when there are too many of that kind already, nothing is written.
    /// <paramref name="identity"/>: what was signed.
    /// </summary>
    internal string Keep(string kind, string identity, string why, params (string Name, byte[] Content)[] files)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(identity));
        var place = Path.Combine(folder, $"{kind}-{Convert.ToHexStringLower(hash)[..NameDigits]}");
        if (File.Exists(Path.Combine(place, Why)) || (Directory.Exists(folder) && Directory.EnumerateDirectories(folder, kind + "-*").Take(MostCases).Count() == MostCases))
            return place;
        foreach (var (name, content) in files)
            DurableFile.Write(Path.Combine(place, name), content);
        // Last: with it, the case is whole.
        DurableFile.Write(Path.Combine(place, Why), Encoding.UTF8.GetBytes(why + "\n"));
        return place;
    }
}
