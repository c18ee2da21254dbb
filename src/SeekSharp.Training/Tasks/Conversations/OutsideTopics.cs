namespace SeekSharp.Training.Tasks.Conversations;

/// <summary>What questions about the world are about. Names are examples of their kind; nothing about them is taught.</summary>
internal static class OutsideTopics
{
    public static string[] Places { get; } = Cut(
        "France,Germany,Japan,Peru,Brazil,India,China,Egypt,Kenya,Italy,Spain,Norway,Canada,Mexico,Cuba,Chile,Poland,Turkey,Greece,Iran,Nepal," +
        "Vietnam,Ghana,Paris,London,Berlin,Rome,Madrid,Tokyo,Moscow," +
        "Vienna,Cairo,Sydney,Boston,Chicago,Texas,California,Australia,Africa,Europe,Asia,the USA,England,Scotland,Ireland,Portugal,Sweden," +
        "Finland,Denmark,Austria,Hungary,Russia,Ukraine,Argentina,Morocco,Thailand,New York");

    public static string[] People { get; } = Cut(
        "Einstein,Newton,Mozart,Shakespeare,Napoleon,Cleopatra,Gandhi,Lincoln,Picasso,Beethoven,Darwin,Galileo,Plato,Marie Curie,Turing,Messi," +
        "Ronaldo,Elvis,Madonna,Obama,Churchill,Caesar,Columbus,Goethe,Tolstoy,Bach," +
        "Van Gogh,Leonardo,Socrates,Edison,Tesla,the president,the king,the queen,the pope,my neighbour,Taylor Swift,the Beatles,Harry Potter," +
        "Batman,Sherlock Holmes,Santa Claus");

    public static string[] Things { get; } = Cut(
        "the moon,the sun,gravity,love,time,money,democracy,history,music,electricity,photosynthesis,the internet,the brain,an atom,a black hole," +
        "a volcano,evolution,inflation,energy,religion,philosophy,a virus,oxygen,light,water,fire," +
        "a rainbow,climate change,the economy,football,chess,the universe,DNA,magnetism,art,poetry,war,peace,happiness,a dinosaur,an earthquake," +
        "coffee,chocolate,cheese,blockchain,bitcoin,a neural network,Python,Java,the weather,the Titanic,the Eiffel Tower,World War 2," +
        "the French Revolution,the Roman Empire,artificial intelligence");

    public static string[] Animals { get; } = Cut(
        "dogs,cats,birds,whales,lions,bees,ants,sharks,horses,elephants,penguins,spiders,snakes,frogs,bears,wolves,dolphins,octopuses,bats,owls," +
        "chickens,cows,tigers,fish,babies,plants,trees,people,robots");

    public static string[] Food { get; } = Cut(
        "pizza,pasta,bread,rice,soup,a cake,pancakes,an omelette,curry,sushi,a salad,coffee,tea,lasagna,a burger,chicken,fish,cookies,ice cream," +
        "potatoes,an apple pie,noodles,steak,eggs");

    public static string[] Languages { get; } = Cut(
        "French,German,Spanish,Italian,Latin,Japanese,Chinese,Russian,Arabic,Greek,Polish,Dutch,Turkish,Hindi,Korean,Swedish");

    public static string[] Programs { get; } = Cut("Python,Java,C,C#,C++,Rust,JavaScript,Go,SQL,bash,HTML,Haskell,R,Swift,PHP,Ruby");

    public static string[] Works { get; } = Cut(
        "Hamlet,the Odyssey,Faust,the Bible,Don Quixote,Moby Dick,War and Peace,Dracula,Frankenstein,Star Wars,Titanic,the Mona Lisa," +
        "Bohemian Rhapsody,Yesterday,the Lord of the Rings,Alice in Wonderland,The Matrix,Avatar,the Magic Flute,1984");

    public static string[] Words { get; } = Cut(
        "good morning,cat,house,I love you,water,tree,thank you,friend,how are you,book,dog,red,the sun is shining,tomorrow,freedom,apple");

    /// <summary>Kinds of text that can be asked for.</summary>
    public static string[] Texts { get; } = Cut(
        "a poem,a story,a song,an essay,a letter,a joke,a limerick,a haiku,a short story,a speech,an email,a blog post,a tweet,a fairy tale," +
        "a dialogue,a report,a summary,a recipe,a review,lyrics,a sonnet,a slogan");

    /// <summary>Mathematics that is not taught.</summary>
    public static string[] Mathematics { get; } = Cut(
        "the square root of {n},the cube root of {n},{n} factorial,the logarithm of {n},sin({n}),cos({n}),tan({n}),the derivative of x^{n}," +
        "the integral of x^{n},{n} percent of 80,the prime factors of {n},the volume of a sphere of radius {n}," +
        "the area of a circle with radius {n}," +
        "the sine of {n} degrees,{n} to the power of 5,2^{n},the limit of 1/n,the digits of pi,the number pi,Euler's number," +
        "the average of {n} and 12,the median of {n} and 9,a prime number,the Pythagorean theorem,the {n}th prime number,the roots of x^2-{n}");

    private static string[] Cut(string list) => list.Split(',');
}
