using LspsPlugin.Cln.Provider.Funding;
using LspsPlugin.Core.Lightning;

namespace LspsPlugin.Cln.Tests.Provider;

public class ClientAllowancesTests
{
    [Fact]
    public void The_client_that_has_been_known_for_longest_makes_room()
    {
        var allowances = new ClientAllowances();
        for (int i = 0; i < ClientAllowances.Most + 2; i++) Learn(allowances, i);
        Assert.All([0, 1], number => Assert.False(Knows(allowances, number)));
        Assert.All(Enumerable.Range(2, ClientAllowances.Most), number => Assert.True(Knows(allowances, number)));

        // One that is known already takes nobody's place.
        Learn(allowances, 500);
        Assert.True(Knows(allowances, 2));
    }

    private static void Learn(ClientAllowances allowances, int number) => allowances.Observe(Client(number), new Sat(100_000), new Msat(10_000_000));

    private static bool Knows(ClientAllowances allowances, int number) => allowances.CapacityFor(Client(number), new Msat(20_000_000)) is { Value: > 0 };

    private static NodeId Client(int number) => NodeId.Parse($"02{number + 1:x64}");
}
