using System.Globalization;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;

namespace Rxelon.Cli.Output;

/// <summary>Amounts, sizes and times as people read them.</summary>
internal static class Words
{
    internal static string Money(Tokens amount) => $"{amount} tokens";

    internal static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.##} GiB"),
    };

    internal static string Time(double seconds) => seconds switch
    {
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000:0} ms"),
        < 120 => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s"),
        < 7200 => string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:0.#} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:0.#} h"),
    };

    internal static string Date(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Null when nothing is known.</summary>
    internal static string? Progress(ProgressInfo? progress)
        => progress is null ? null : $"{progress.Percent} %" + (progress.EtaSeconds is { } left ? $", about {Time(left)} left" : "");

    internal static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
