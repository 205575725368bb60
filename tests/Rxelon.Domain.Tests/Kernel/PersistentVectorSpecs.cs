using CsCheck;
using Rxelon.Domain.Kernel;

namespace Rxelon.Domain.Tests.Kernel;

public sealed class PersistentVectorSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(40_000)]
    public void It_behaves_like_a_list_at_every_depth(int count)
    {
        var added = Enumerable.Range(0, count).Aggregate(PersistentVector<int>.Empty, (v, i) => v.Add(i));
        Assert.Equal(Enumerable.Range(0, count), added);
        Assert.Equal(count, PersistentVector<int>.Repeat(7, count).Count(i => i == 7));
        Assert.Throws<ArgumentOutOfRangeException>(() => added[count]);
        for (var i = 0; i < count; i += 97)
        {
            var changed = added.With(i, -1);
            Assert.Equal((-1, i), (changed[i], added[i]));
        }
    }

    [Fact]
    public void Edits_match_a_list_and_leave_the_original_alone()
    {
        var change = Gen.Select(Gen.Bool, Gen.Int[0, 5_000], Gen.Int);
        Gen.Select(Gen.Int[0, 3_000], change.List[1, 200]).Sample((size, changes) =>
        {
            var original = PersistentVector<int>.Repeat(1, size);
            var editor = original.Edit();
            var model = Enumerable.Repeat(1, size).ToList();
            foreach (var (append, index, value) in changes)
            {
                if (append || model.Count == 0)
                {
                    editor.Add(value);
                    model.Add(value);
                }
                else
                {
                    editor[index % model.Count] = value;
                    model[index % model.Count] = value;
                }
            }

            return editor.ToVector().SequenceEqual(model) && original.Count == size && original.All(i => i == 1);
        });
    }

    [Fact]
    public void An_index_set_holds_what_was_put_in_and_survives_its_words()
    {
        Gen.Int[0, 2_000].List[0, 100].Sample(numbers =>
        {
            var set = IndexSet.Empty.With(numbers.Take(50).ToList()).With(numbers.Skip(50).ToList());
            var copy = IndexSet.FromWords(set.Words);
            var model = numbers.ToHashSet();
            return Enumerable.Range(0, 2_001).All(i => set.Contains(i) == model.Contains(i) && copy.Contains(i) == model.Contains(i));
        });
        Assert.False(IndexSet.Empty.Contains(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => IndexSet.Empty.With([-1]));
    }
}
