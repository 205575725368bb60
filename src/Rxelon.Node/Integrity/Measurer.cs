using System.Security.Cryptography;
using System.Text;
using Rxelon.Node.Config;
using Rxelon.Node.Executors;
using Rxelon.Shared.Integrity;

namespace Rxelon.Node.Integrity;

/// <summary>Measures this node: its client's folder, its options, what runs programs, the images on offer.</summary>
internal sealed class Measurer(string folder, NodeOptions options, IReadOnlyList<IExecutor> executors, TimeProvider time)
{
    private readonly FileMeasure _files = new(time);
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>The options that are measured, a line each.</summary>
    internal string Options => Encoding.UTF8.GetString(ConfigurationBytes.Of(options));

    /// <summary>All groups in order. <paramref name="again"/>: every file is read again, slowly.</summary>
    internal async Task<IReadOnlyList<GroupDigest>> MeasureAsync(bool again, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var application = MeasureFold.Of(await _files.FolderAsync(folder, again, cancel).ConfigureAwait(false));
            List<KeyValuePair<string, byte[]>> engines = [];
            List<KeyValuePair<string, byte[]>> images = [];
            foreach (var executor in executors)
            {
                var kind = executor.Kind.ToString().ToLowerInvariant();
                foreach (var (name, digest) in await executor.MeasureAsync(cancel).ConfigureAwait(false))
                    engines.Add(new($"{kind}/{name}", digest));
                foreach (var image in await ImagesAsync(executor, cancel).ConfigureAwait(false))
                    images.Add(new($"{kind}/{image}", SHA256.HashData(Encoding.UTF8.GetBytes(image))));
            }

            return
            [
                new(MeasureGroups.Application, application),
                new(MeasureGroups.Configuration, SHA256.HashData(ConfigurationBytes.Of(options))),
                new(MeasureGroups.Executors, MeasureFold.Of(engines)),
                new(MeasureGroups.Images, MeasureFold.Of(images)),
            ];
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>What the image hashes to, by whichever executor has it; empty when none could look.</summary>
    internal async Task<ImageDigest> ImageAsync(string image, CancellationToken cancel)
    {
        foreach (var executor in executors)
        {
            if (await executor.MeasureImageAsync(image, cancel).ConfigureAwait(false) is { } content)
                return new ImageDigest(image, content);
        }

        return new ImageDigest(image, []);
    }

    private static async Task<IReadOnlyList<string>> ImagesAsync(IExecutor executor, CancellationToken cancel)
    {
        try
        {
            return await executor.ImagesAsync(cancel).ConfigureAwait(false) ?? [];
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or Docker.DotNet.DockerApiException)
        {
            return []; // an engine that restarts: the group is on record only
        }
    }
}
