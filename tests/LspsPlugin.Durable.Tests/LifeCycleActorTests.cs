using LspsPlugin.Rpc;
using LspsPlugin.Simulation.Time;
using Xunit;

namespace LspsPlugin.Durable.Tests;

/// <summary>The runtime with a life cycle that is not a sale: an order is paid, delivered and acknowledged.</summary>
public class LifeCycleActorTests
{
    [Fact]
    public void What_is_intended_is_on_record_before_it_is_done() => Play(saved: null, async shop =>
    {
        shop.Order.Post(new Paid(100));
        await shop.PauseAsync();
        Assert.Equal(["save Delivering 100", "deliver 100", "save Delivered", "thank", "over"], shop.Done);
    });

    [Fact]
    public void An_order_that_cannot_be_saved_is_given_up_before_anything_is_owed() => Play(saved: null, async shop =>
    {
        shop.Writes = static state => state is Delivering ? WriteResult.Failed : WriteResult.Written;
        shop.Order.Post(new Paid(100));
        await shop.PauseAsync();
        Assert.Equal(["save Delivering 100", "save Refused", "over"], shop.Done);
    });

    [Fact]
    public void What_is_owed_is_saved_until_it_succeeds() => Play(new Delivering(100), async shop =>
    {
        int refusals = 3;
        shop.Writes = _ => refusals-- > 0 ? WriteResult.Failed : WriteResult.Written;
        await shop.PauseAsync(seconds: 60);
        Assert.Equal(["deliver 100", "save Delivered", "save Delivered", "late", "save Delivered", "late", "save Delivered", "thank", "over"], shop.Done);
        Assert.Equal([0, 1], shop.Pauses);
        Assert.Equal(["the record could not be saved (attempt 1)", "the record could not be saved (attempt 2)"], shop.Late);
    });

    [Fact]
    public void A_restart_performs_what_the_record_requires_and_nothing_else() => Play(new Delivering(70), async shop =>
    {
        await shop.PauseAsync();
        Assert.Equal(["deliver 70", "save Delivered", "thank", "over"], shop.Done);
    });

    [Fact]
    public void A_record_of_another_owner_is_not_written_and_stops_nothing() => Play(saved: null, async shop =>
    {
        shop.Writes = static _ => WriteResult.NotOurs;
        shop.Order.Post(new Paid(100));
        await shop.PauseAsync();
        Assert.Null(shop.Order.OnRecord);
        Assert.Contains("deliver 100", shop.Done);
    });

    [Fact]
    public void An_exception_restarts_the_order_from_its_record() => Play(new Delivering(100), async shop =>
    {
        shop.Order.Crashes = 2;
        await shop.PauseAsync();
        Assert.Equal(["deliver 100", "restarted", "deliver 100", "restarted", "deliver 100", "save Delivered", "thank", "over"], shop.Done);
    });

    [Fact]
    public void Repeated_exceptions_pause_before_the_record_is_tried_again() => Play(new Delivering(100), async shop =>
    {
        shop.Order.Crashes = 5;
        await shop.PauseAsync();
        Assert.Equal(4, shop.Done.Count(static done => done == "restarted"));
        await shop.PauseAsync(seconds: 300);
        Assert.Equal("over", shop.Done[^1]);
    });

    [Fact]
    public void An_effect_that_throws_has_an_unknown_outcome() => Play(new Delivering(100), async shop =>
    {
        shop.Deliver = static _ => throw new InvalidOperationException("the van is gone");
        await shop.PauseAsync();
        Assert.Equal(["deliver 100", "save Unknown InvalidOperationException: the van is gone", "over"], shop.Done);
    });

    [Fact]
    public void The_same_effect_runs_once_at_a_time() => Play(new Delivering(100), async shop =>
    {
        shop.Deliver = async _ =>
        {
            await shop.PauseAsync(seconds: 5);
            return new Arrived();
        };
        await shop.PauseAsync();
        shop.Order.Post(new Paid(100));
        shop.Order.Post(new Paid(100));
        await shop.PauseAsync(seconds: 10);
        Assert.Single(shop.Done, "deliver 100");
        Assert.Equal("over", shop.Done[^1]);
    });

    /// <summary>What the node told is not told again; outcomes of what was asked are asked for anew.</summary>
    [Fact]
    public void A_restart_keeps_the_news_that_wait_and_drops_everything_else() => Play(new Delivering(100), async shop =>
    {
        shop.Order.Crashes = 1;
        shop.Crashing = () =>
        {
            shop.Order.Post(new Said("who asks", IsNews: false));
            shop.Order.Post(new Said("it rains", IsNews: true));
            Assert.Equal(2, shop.Order.Waiting);
        };
        await shop.PauseAsync();
        Assert.Equal(["deliver 100", "restarted", "deliver 100", "it rains", "save Delivered", "thank", "over"], shop.Done);
        Assert.Equal(0, shop.Order.Waiting);
    });

    [Fact]
    public void An_input_is_being_processed_until_its_actions_are_started() => Play(saved: null, async shop =>
    {
        var seen = new List<bool>();
        shop.Writes = _ =>
        {
            seen.Add(shop.Order.IsBusy);
            return WriteResult.Written;
        };
        Assert.False(shop.Order.IsBusy);
        shop.Order.Post(new Paid(100));
        await shop.PauseAsync();
        Assert.Equal([true, true], seen);
        Assert.False(shop.Order.IsBusy);
    });

    [Fact]
    public void An_outcome_that_does_not_matter_any_more_is_not_processed() => Play(new Delivering(OrderActor.Returned), async shop =>
    {
        await shop.PauseAsync();
        Assert.Equal([$"deliver {OrderActor.Returned}"], shop.Done);
        Assert.Equal(0, shop.Order.Waiting);
    });

    private static void Play(OrderState? saved, Func<Shop, Task> story)
    {
        var loop = new SimLoop(seed: 1);
        loop.Run(
            async () =>
            {
                using var stopping = new CancellationTokenSource();
                var shop = new Shop(saved, loop.Clock, stopping.Token);
                await story(shop);
                stopping.Cancel();
                return 0;
            },
            TimeSpan.FromHours(1));
    }

    private abstract record OrderState;

    private sealed record Awaiting : OrderState;

    private sealed record Delivering(int Amount) : OrderState;

    private sealed record Delivered : OrderState;

    private sealed record Refused : OrderState;

    private sealed record Unknown(string Detail) : OrderState;

    private abstract record OrderInput;

    private sealed record Paid(int Amount) : OrderInput;

    private sealed record Arrived : OrderInput;

    private sealed record Lost(string Detail) : OrderInput;

    private sealed record Said(string Words, bool IsNews) : OrderInput;

    private abstract record OrderAction;

    private sealed record Thank : OrderAction;

    private sealed record Deliver(int Amount) : OrderAction;

    private sealed class OrderActor(Shop shop, OrderState? saved, Background background)
        : LifeCycleActor<OrderState, OrderInput, OrderAction, Deliver, string, OrderState>(saved ?? new Awaiting(), saved, shop, background)
    {
        /// <summary>Nobody waits for what is delivered for this amount.</summary>
        public const int Returned = 13;

        public int Crashes { get; set; }

        public OrderState? OnRecord => Saved;

        public int Waiting => Unread;

        public bool IsBusy => IsStepping;

        protected override bool IsOver => State is Delivered or Refused or Unknown;

        protected override Step<OrderState, OrderAction, string> Apply(OrderInput input)
        {
            if (input is Arrived && Crashes-- > 0)
            {
                shop.Crashing();
                throw new InvalidOperationException("a bug");
            }

            return (State, input) switch
            {
                (Awaiting, Paid paid) => new(new Delivering(paid.Amount), [new Deliver(paid.Amount)], []),
                (Delivering same, Paid) => new(same, [new Deliver(same.Amount)], []),
                (Delivering, Arrived) => new(new Delivered(), [new Thank()], []),
                (Delivering, Lost lost) => new(new Unknown(lost.Detail), [], []),
                (Delivering same, Said said) => new(same, [], [said.Words]),
                _ => new(State, [], []),
            };
        }

        protected override Step<OrderState, OrderAction, string> ApplySaveFailed(OrderState next) =>
            State is Awaiting ? new(new Refused(), [], []) : new(State, [], []);

        protected override OrderState? ToSave(OrderState state) => state is Awaiting ? null : state;

        protected override IEnumerable<OrderAction> OnRestart(OrderState state) => state is Delivering owed ? [new Deliver(owed.Amount)] : [];

        protected override OrderState Revive(OrderState? saved) => saved ?? new Awaiting();

        protected override ValueTask<WriteResult> WriteAsync(OrderState saved, CancellationToken stopping) => new(shop.Write(saved));

        protected override Task PauseAsync(int attempt, CancellationToken stopping)
        {
            shop.Pauses.Add(attempt);
            return shop.PauseAsync(seconds: 10);
        }

        protected override bool IsStale(Deliver effect) => effect.Amount == Returned;

        protected override bool IsNews(OrderInput input) => input is Said { IsNews: true };

        protected override void Perform(OrderAction action) => shop.Done.Add("thank");

        protected override void Tell(string happened) => shop.Done.Add(happened);

        protected override string Restarted(Exception crash) => "restarted";

        protected override void OnLateRecord(string late)
        {
            shop.Done.Add("late");
            shop.Late.Add(late);
        }

        protected override void OnStopped() => shop.Done.Add("over");
    }

    private sealed class Shop : IEffects<Deliver, OrderInput>
    {
        private readonly TimeProvider _time;

        public Shop(OrderState? saved, TimeProvider time, CancellationToken stopping)
        {
            _time = time;
            var background = new Background(Done.Add, stopping);
            Order = new OrderActor(this, saved, background);
            background.Start("the order", Order.RunAsync(stopping));
        }

        public List<string> Done { get; } = [];

        /// <summary>The numbers of attempts before each pause.</summary>
        public List<int> Pauses { get; } = [];

        public List<string> Late { get; } = [];

        public OrderActor Order { get; }

        /// <summary>Called before an exception.</summary>
        public Action Crashing { get; set; } = static () => { };

        public Func<OrderState, WriteResult> Writes { get; set; } = static _ => WriteResult.Written;

        public Func<Deliver, Task<OrderInput>> Deliver { get; set; } = static _ => Task.FromResult<OrderInput>(new Arrived());

        public Task PauseAsync(double seconds = 1) => Task.Delay(TimeSpan.FromSeconds(seconds), _time);

        public WriteResult Write(OrderState state)
        {
            Done.Add(state switch
            {
                Delivering owed => $"save Delivering {owed.Amount}",
                Unknown unknown => $"save Unknown {unknown.Detail}",
                _ => $"save {state.GetType().Name}",
            });
            return Writes(state);
        }

        public string Name(Deliver effect) => "deliver";

        public bool IsLook(Deliver effect) => false;

        public OrderInput? Defer(Deliver effect, IReadOnlyCollection<Deliver> pending) => null;

        public ValueTask EnterAsync(Deliver effect) => ValueTask.CompletedTask;

        public async ValueTask<OrderInput> RunAsync(Deliver effect, CancellationToken stopping)
        {
            Done.Add($"deliver {effect.Amount}");
            await PauseAsync(0.01);
            return await Deliver(effect);
        }

        OrderInput IEffects<Deliver, OrderInput>.Unknown(Deliver effect, string detail) => new Lost(detail);
    }
}
