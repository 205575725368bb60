using Rxelon.Shared.Values;

namespace Rxelon.Client.Profiles;

/// <summary>
/// Account files by name in one directory (0700), each <c>{profile}.json</c> with mode 0600; unfinished submissions and
/// downloads lie beside them.
/// </summary>
public sealed class ProfileStore(string directory)
{
    /// <summary>The profile that is used when none is named.</summary>
    public const string DefaultProfile = "default";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Where it all lies.</summary>
    public string Directory { get; } = directory;

    /// <summary>Prepared submissions that the hub has not confirmed.</summary>
    public string JournalDirectory => Path.Combine(Directory, "journal");

    /// <summary>Receipts as the hub gave them.</summary>
    public string ReceiptsDirectory => Path.Combine(Directory, "receipts");

    /// <summary>Ciphertext on its way here.</summary>
    public string DownloadsDirectory => Path.Combine(Directory, "downloads");

    /// <summary>What is kept of each ledger: its pinned keys, its last checkpoint.</summary>
    public string LedgersDirectory => Path.Combine(Directory, "ledgers");

    /// <summary><c>RXELON_HOME</c>, else <c>rxelon</c> in the user's configuration directory (Linux: ~/.config).</summary>
    public static ProfileStore FromEnvironment(Func<string, string?> variable)
    {
        if (variable("RXELON_HOME") is { Length: > 0 } home)
            return new ProfileStore(Path.GetFullPath(home));
        var configuration = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return new ProfileStore(Path.Combine(configuration.Length > 0 ? configuration : Path.GetFullPath(".config"), "rxelon"));
    }

    /// <summary>The file of a profile, whether it exists or not.</summary>
    public string PathOf(string profile) => Path.Combine(Directory, profile + ".json");

    /// <summary>True for a name that can be a file name everywhere: letters, digits, '-', '_' and '.', not in front.</summary>
    public static bool IsName(string profile)
        => profile.Length is > 0 and <= 64 && profile[0] != '.' && profile.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>Reads a profile. Faults: not-found, malformed; unauthorized when others may read the file.</summary>
    public Outcome<AccountFile> Load(string profile)
    {
        if (!IsName(profile))
            return BadName(profile);
        var path = PathOf(profile);
        if (!File.Exists(path))
            return new Fault(FaultCodes.NotFound, $"There is no profile '{profile}'; make one with: rxelon account create --hub URL --profile {profile}", Culprit.Input);
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(OwnerOnly | UnixFileMode.UserExecute)) != 0)
            return new Fault(FaultCodes.Unauthorized, $"{path} can be read by others; run: chmod 600 {path}", Culprit.Input);
        return AccountFile.Parse(File.ReadAllBytes(path));
    }

    /// <summary>Writes a profile; an existing one is a conflict fault unless <paramref name="replace"/>.</summary>
    public Fault? Save(string profile, AccountFile file, bool replace = false)
    {
        if (!IsName(profile))
            return BadName(profile);
        if (!replace && File.Exists(PathOf(profile)))
            return new Fault(FaultCodes.Conflict, $"Profile '{profile}' exists ({PathOf(profile)}); choose another with --profile.", Culprit.Input);
        MakeDirectory(Directory);
        WritePrivate(PathOf(profile), file.ToBytes());
        return null;
    }

    /// <summary>Makes a directory for the owner only.</summary>
    public static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            System.IO.Directory.CreateDirectory(path);
        else
            System.IO.Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Replaces a file in one step; only the owner may read it.</summary>
    public static void WritePrivate(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var file = CreatePrivate(temporary))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>A new file that only the owner may read.</summary>
    internal static FileStream CreatePrivate(string path, FileOptions how = FileOptions.None)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Share = FileShare.Read, Options = how };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }

    private static Fault BadName(string profile)
        => new(FaultCodes.Malformed, $"'{profile}' cannot be a profile's name: use letters, digits, '-', '_' and '.'.", Culprit.Input);
}
