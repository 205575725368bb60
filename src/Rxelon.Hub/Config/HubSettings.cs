namespace Rxelon.Hub.Config;

/// <summary>
/// Reads <see cref="HubOptions"/> from the section "Hub": <c>appsettings.json</c> beside the program, then a file named on the
/// command line, then environment variables (<c>RXELON_HUB__QUOTABYTES</c>), then the command line. The later wins.
/// </summary>
internal static class HubSettings
{
    private const string Section = "Hub";

    /// <summary>The options and what is wrong with them. A key that is none, or of another type, is an <see cref="InvalidDataException"/>.</summary>
    internal static (HubOptions Options, IReadOnlyList<string> Findings) Read(string? file, IReadOnlyDictionary<string, string?> commandLine)
    {
        var configuration = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true);
        if (file is not null)
            configuration.AddJsonFile(Path.GetFullPath(file), optional: false);
        configuration.AddEnvironmentVariables("RXELON_");
        configuration.AddInMemoryCollection(commandLine.Select(s => KeyValuePair.Create($"{Section}:{s.Key}", s.Value)));
        var options = new HubOptions();
        try
        {
            configuration.Build().GetSection(Section).Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException(e.InnerException is null ? e.Message : $"{e.Message} {e.InnerException.Message}", e);
        }

        if (options.DataDirectory.Length > 0)
            options.DataDirectory = Path.GetFullPath(options.DataDirectory);
        return (options, HubOptionsRules.Check(options));
    }
}
