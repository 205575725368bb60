using Rxelon.Domain.Tasks;

namespace Rxelon.Domain.Tests.Tasks;

public sealed class TaskProgressSpecs
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(10, 0, new int[0], 0)]
    [InlineData(10, 5, new int[0], 50)]
    [InlineData(10, 5, new[] { 500, 250 }, 57)] // floor of 57.5
    [InlineData(1, 0, new[] { 421 }, 42)]
    [InlineData(1, 0, new[] { 1000 }, 99)] // it says it is done, but nobody has accepted it
    [InlineData(3, 2, new[] { 999, 999 }, 99)] // two attempts of the last part
    [InlineData(3, 3, new int[0], 100)]
    [InlineData(0, 0, new int[0], 0)]
    public void The_percentage_counts_accepted_parts_and_what_running_ones_say(long planned, long accepted, int[] running, int percent)
        => Assert.Equal(percent, TaskProgress.Of(planned, accepted, running, Start, Start.AddMinutes(1), ended: false).Percent);

    [Fact]
    public void The_time_left_follows_from_the_rate_so_far()
    {
        // 2.5 of 10 in 100 s: 7.5 more take 300 s.
        Assert.Equal(TimeSpan.FromSeconds(300), TaskProgress.Of(10, 2, [500], Start, Start.AddSeconds(100), ended: false).Eta);
        Assert.Equal(TimeSpan.FromSeconds(900), TaskProgress.Of(1, 0, [100], Start, Start.AddSeconds(100), ended: false).Eta);
    }

    [Fact]
    public void The_time_left_is_unknown_before_anything_is_done_and_after_the_end()
    {
        var later = Start.AddSeconds(100);
        Assert.Null(TaskProgress.Of(10, 0, [0, 0], Start, later, ended: false).Eta);
        Assert.Null(TaskProgress.Of(10, 5, [], null, later, ended: false).Eta);
        Assert.Null(TaskProgress.Of(10, 5, [], Start, Start.AddMilliseconds(500), ended: false).Eta);
        Assert.Null(TaskProgress.Of(10, 5, [], later, Start, ended: false).Eta); // a clock that jumped back
        Assert.Null(TaskProgress.Of(10, 10, [], Start, later, ended: true).Eta);
        Assert.Null(TaskProgress.Of(10, 5, [], Start, later, ended: true).Eta);
        Assert.Null(TaskProgress.Of(long.MaxValue, 1, [], Start, later, ended: false).Eta);
    }
}
