namespace Rxelon.Drills;

/// <summary>Where this checkout is.</summary>
public static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    private static string Find(string from)
    {
        for (var at = new DirectoryInfo(from); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Rxelon.sln")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException("This test runs inside a checkout.");
    }
}
