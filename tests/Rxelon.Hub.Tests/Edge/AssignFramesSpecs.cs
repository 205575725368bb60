using Google.Protobuf;
using Rxelon.Hub.Edge.Sessions;
using Rxelon.Link;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Tests.Edge;

public sealed class AssignFramesSpecs
{
    private static readonly AssignParts Terms = new()
    {
        Task = ByteString.CopyFrom(new byte[16]),
        Stage = "reduce",
        Program = new Blob { Id = ByteString.CopyFrom(new byte[32]), Inline = ByteString.CopyFrom(new byte[30_000]) },
    };

    [Theory]
    [InlineData(10_000, 0, 200)]
    [InlineData(3_000, 4_096, 0)]
    [InlineData(1, 100, 0)]
    public void The_results_of_one_part_are_cut_over_frames_that_fit_the_link(int results, int inline, int path)
    {
        var part = new AssignedPart { Part = 70_000, Number = 3, ResultsTotal = (uint)results, Input = new Blob { Inline = ByteString.CopyFrom(new byte[20_000]) } };

        var frames = AssignFrames.Cut(Terms, [(part, [.. Enumerable.Range(0, results).Select(n => Result(n, inline, path))])]).ToList();

        Assert.All(frames, f => Assert.InRange(f.CalculateSize(), 1, LinkConfig.MaxMessageBytes));
        var parts = frames.Select(f => Assert.Single(f.Assign.Parts)).ToList();
        Assert.All(parts, p => Assert.Equal((70_000u, 3u, (uint)results), (p.Part, p.Number, p.ResultsTotal)));
        Assert.Equal(Enumerable.Range(0, results), parts.SelectMany(p => p.Results).Select(r => (int)r.Part));
        Assert.Equal([20_000, .. Enumerable.Repeat(0, frames.Count - 1)], parts.Select(p => p.Input?.Inline.Length ?? 0));
        Assert.Equal([30_000, .. Enumerable.Repeat(0, frames.Count - 1)], frames.Select(f => f.Assign.Program.Inline.Length));
    }

    [Fact]
    public void Parts_without_needs_share_frames_as_before()
    {
        var parts = Enumerable.Range(0, 40).Select(n => (new AssignedPart { Part = (uint)n, Number = 1 }, (IReadOnlyList<NeededBlob>)[])).ToList();
        Assert.Equal(40, Assert.Single(AssignFrames.Cut(Terms, parts)).Assign.Parts.Count);
    }

    private static NeededBlob Result(int n, int inline, int path) => new()
    {
        Part = (uint)n,
        Number = 1,
        Result = new Blob { Id = ByteString.CopyFrom(new byte[32]), Size = 5_000, Inline = ByteString.CopyFrom(new byte[inline]), Path = new string('p', path) },
    };
}
