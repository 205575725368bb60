using Rxelon.Hub.Config;

namespace Rxelon.Hub.Blobs;

/// <summary>A bucket and the credentials for it.</summary>
internal sealed record S3Settings(
    Uri Endpoint, string Bucket, string Region, bool PathStyle, string Prefix, string AccessKey, string SecretKey, string? SessionToken)
{
    private const string AccessKeyName = "AWS_ACCESS_KEY_ID";
    private const string SecretKeyName = "AWS_SECRET_ACCESS_KEY";
    private const string SessionTokenName = "AWS_SESSION_TOKEN";

    /// <summary>
    /// Null when blobs lie in the data directory. Credentials come from the file named in the options (mode 0600; lines
    /// <c>aws_access_key_id = …</c>, <c>aws_secret_access_key = …</c>, as AWS writes them), else from the environment. An
    /// <see cref="InvalidDataException"/> says what is missing, never what was found.
    /// </summary>
    internal static S3Settings? Of(HubOptions options, Func<string, string?> variable)
    {
        if (options.Blobs != HubOptions.BlobsInS3)
            return null;
        Func<string, string?> read = options.S3CredentialsFile is { } file ? ReadFile(file) : variable;
        var place = options.S3CredentialsFile is { } named ? $"the file {named} (Hub:S3CredentialsFile)" : "the environment";
        return new S3Settings(
            new Uri(options.S3Endpoint!), options.S3Bucket!, options.S3Region, options.S3PathStyle, options.S3Prefix,
            read(AccessKeyName) ?? throw new InvalidDataException($"{AccessKeyName} is missing in {place}; blobs in S3 need credentials."),
            read(SecretKeyName) ?? throw new InvalidDataException($"{SecretKeyName} is missing in {place}; blobs in S3 need credentials."),
            read(SessionTokenName));
    }

    /// <summary>For logs.</summary>
    public override string ToString() => $"{Endpoint} {Bucket}/{Prefix}";

    private static Func<string, string?> ReadFile(string file)
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (!File.Exists(file))
            throw new InvalidDataException($"Hub:S3CredentialsFile: there is no file {file}.");
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & others) != 0)
            throw new InvalidDataException($"Hub:S3CredentialsFile: others can read {file}; chmod 600 it.");
        var values = File.ReadLines(file)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0].Trim(), pair => pair[1].Trim(), StringComparer.OrdinalIgnoreCase);
        return name => values.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
    }
}
