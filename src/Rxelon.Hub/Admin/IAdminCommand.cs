namespace Rxelon.Hub.Admin;

/// <summary>
/// One verb of the admin palette, such as <c>nodes approve</c>. The palette is the same behind every door (the hub's socket now,
/// others later), so a command knows nothing of how its arguments arrived.
/// </summary>
public interface IAdminCommand
{
    string Module { get; }

    string Verb { get; }

    /// <summary>One line for <c>help</c>.</summary>
    string Description { get; }

    IReadOnlyList<AdminSwitch> Switches { get; }

    /// <summary>Writes lines for people; returns the exit code (0 is success).</summary>
    Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel);
}

/// <summary>A <c>-name value</c> pair that a command takes.</summary>
public sealed record AdminSwitch(string Name, string Meaning, bool Required = false);

/// <summary>Where a command's lines go, in order.</summary>
public interface IAdminOutput
{
    void Line(string text);
}

/// <summary>Values by switch name, and who asked (an OS user), for the record.</summary>
public sealed class AdminArguments(IReadOnlyDictionary<string, string> values, string by)
{
    /// <summary>Who asked, such as <c>root</c>.</summary>
    public string By => by;

    /// <summary>The value, or null when the switch was not given.</summary>
    public string? Get(string name) => values.GetValueOrDefault(name);

    /// <summary>The value of a required switch (the palette has checked that it is there).</summary>
    public string Need(string name) => values[name];
}
