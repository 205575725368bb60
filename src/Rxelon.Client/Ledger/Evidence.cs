using System.Security.Cryptography;
using System.Text;

namespace Rxelon.Client.Ledger;

/// <summary>
/// Keeps what shows that a log or a successor did wrong: a folder per case, named by its kind and content, so that the same case
/// seen again and again takes no more room. Nothing here is ever removed by the program.
/// </summary>
internal sealed class Evidence(string folder)
{
    // Whoever repeats signed notes with made-up proofs must not fill the disk.
    private const int MostCases = 1_000;
    private const int NameDigits = 16;

    /// <summary>Where the cases lie.</summary>
    internal string Folder => folder;

    /// <summary>Writes a case and gives its folder; when there are too many already, nothing is written.</summary>
    internal string Keep(string kind, string why, params (string Name, byte[] Content)[] files)
    {
        var hash = SHA256.HashData([.. files.SelectMany(f => SHA256.HashData(f.Content))]);
        var place = Path.Combine(folder, $"{kind}-{Convert.ToHexStringLower(hash)[..NameDigits]}");
        if (File.Exists(Path.Combine(place, Why)) || (Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Take(MostCases).Count() == MostCases))
            return place;
        foreach (var (name, content) in files)
            DurableFile.Write(Path.Combine(place, name), content);
        // Last: with it, the case is whole.
        DurableFile.Write(Path.Combine(place, Why), Encoding.UTF8.GetBytes(why + "\n"));
        return place;
    }

    private const string Why = "why.txt";
}
