using System.Text.RegularExpressions;
using Rxelon.Drills;

namespace Rxelon.System.Tests.Arrows;

/// <summary>
/// Files of the hub that hold messages, ports and options made to be known outside their folder. Everything else of a folder
/// is its own affair.
/// </summary>
internal static partial class Contracts
{
    private static readonly string[] Files =
    [
        "Blobs/IBlobStore.cs",
        "Blobs/ICapabilityUrls.cs",
        "Config/HubOptions.cs",
        "Edge/NodeRouting.cs",
        "Entities/News.cs",
        "Entities/Regions.cs",
        "Integrity/IKnownClients.cs",
        "Integrity/IOperationRecords.cs",
        "Live/ILogStore.cs",
        "Live/IProgressBoard.cs",
        "Scheduling/MatchmakerMessages.cs",
        "Sealing/ILedgerReader.cs",
        "Sealing/LedgerMessages.cs",
        "Vault/GrantOrder.cs",
        "Vault/IVault.cs",
    ];

    /// <summary>Full names of the types that those files declare.</summary>
    internal static IReadOnlySet<string> Types { get; } = Files.SelectMany(DeclaredIn).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<string> DeclaredIn(string file)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "Rxelon.Hub", file));
        var found = Declaration().Matches(text).Select(m => $"Rxelon.Hub.{Path.GetDirectoryName(file)}.{m.Groups["name"].Value}").ToList();
        return found.Count > 0 ? found : throw new InvalidDataException($"{file} declares no type.");
    }

    [GeneratedRegex(@"^(?:public|internal)\s[\w\s]*?\b(?:record\s+struct|record|class|interface|struct|enum)\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
