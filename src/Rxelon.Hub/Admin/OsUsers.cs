using System.Globalization;

namespace Rxelon.Hub.Admin;

/// <summary>Names of this machine's users.</summary>
internal static class OsUsers
{
    private const string Accounts = "/etc/passwd";

    /// <summary>The user's name where the machine's file of accounts has it, else the number; "admin" when nobody knows.</summary>
    internal static string NameOf(int? user)
    {
        if (user is not { } uid)
            return "admin";
        var id = uid.ToString(CultureInfo.InvariantCulture);
        var line = File.Exists(Accounts)
            ? File.ReadLines(Accounts).FirstOrDefault(l => l.Split(':') is [_, _, var known, ..] && known == id)
            : null;
        return line?.Split(':')[0] ?? $"uid {id}";
    }
}
