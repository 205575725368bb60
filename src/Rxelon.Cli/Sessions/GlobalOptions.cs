using System.CommandLine;

namespace Rxelon.Cli.Sessions;

/// <summary>Options that every command has.</summary>
internal static class GlobalOptions
{
    internal static readonly Option<bool> Json = new("--json") { Description = "Write one JSON document (JSON lines for watch) instead of text.", Recursive = true };

    internal static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "No progress and no remarks; results and errors only.", Recursive = true };

    internal static readonly Option<string?> Profile = new("--profile", "-p")
    {
        Description = "The account to use; otherwise RXELON_PROFILE, otherwise 'default'.",
        Recursive = true,
    };
}
