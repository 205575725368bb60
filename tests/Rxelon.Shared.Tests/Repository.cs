namespace Rxelon.Shared.Tests;

/// <summary>Finds the files that tests read beside their code.</summary>
internal static class Repository
{
    internal static string PathTo(params string[] parts)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Rxelon.sln")))
                return Path.Combine([at.FullName, .. parts]);
        }

        throw new DirectoryNotFoundException("The tests run outside the repository: no Rxelon.sln above them.");
    }
}
