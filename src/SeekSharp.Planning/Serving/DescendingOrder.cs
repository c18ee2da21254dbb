namespace SeekSharp.Planning.Serving;

/// <summary>In which order equal loads are packed.</summary>
public enum TieOrder
{
    /// <summary>
    /// As the original's torch.sort leaves them with PyTorch 2.10 under Linux on x86-64: by index up to 16 items, and beyond that as the introsort of GNU's C++ library does.
    /// </summary>
    Torch,

    /// <summary>By index, the lower one first, as a stable sort would: each expert gets the same number of replicas, but those of equal load may change places.</summary>
    Stable,
}

/// <summary>Indices of numbers, the largest first.</summary>
internal static class DescendingOrder
{
    private const int Threshold = 16;

    public static int[] Of(float[] values, TieOrder ties)
    {
        int[] order = [.. Enumerable.Range(0, values.Length)];
        if (ties == TieOrder.Stable) order.AsSpan().Sort((a, b) => values[a] != values[b] ? values[b].CompareTo(values[a]) : a.CompareTo(b));
        else new Introsort(values, order).Sort();
        return order;
    }

    /// <summary>GNU's std::sort: quicksort with the median of three, heapsort below a depth, and one insertion sort at the end.</summary>
    private readonly struct Introsort(float[] values, int[] order)
    {
        public void Sort()
        {
            int length = order.Length;
            if (length < 2) return;
            Split(0, length, 2 * (31 - int.LeadingZeroCount(length)));
            if (length <= Threshold)
            {
                Insert(0, length);
                return;
            }

            Insert(0, Threshold);
            for (int i = Threshold; i < length; i++) InsertUnguarded(i);
        }

        private bool Before(int a, int b) => values[a] > values[b];

        private void Split(int first, int last, int depth)
        {
            while (last - first > Threshold)
            {
                if (depth-- == 0)
                {
                    HeapSort(first, last);
                    return;
                }

                int cut = Partition(first, last);
                Split(cut, last, depth);
                last = cut;
            }
        }

        /// <summary>Moves the median of the second, the middle and the last element to the front, and parts the rest by it.</summary>
        private int Partition(int first, int last)
        {
            int a = first + 1, b = first + ((last - first) / 2), c = last - 1;
            int median = Before(order[a], order[b])
                ? Before(order[b], order[c]) ? b : Before(order[a], order[c]) ? c : a
                : Before(order[a], order[c]) ? a : Before(order[b], order[c]) ? c : b;
            Swap(first, median);
            int low = first + 1, high = last;
            while (true)
            {
                while (Before(order[low], order[first])) low++;
                high--;
                while (Before(order[first], order[high])) high--;
                if (low >= high) return low;
                Swap(low++, high);
            }
        }

        private void Insert(int first, int last)
        {
            for (int i = first + 1; i < last; i++)
            {
                if (!Before(order[i], order[first]))
                {
                    InsertUnguarded(i);
                    continue;
                }

                int item = order[i];
                Array.Copy(order, first, order, first + 1, i - first);
                order[first] = item;
            }
        }

        private void InsertUnguarded(int at)
        {
            int item = order[at];
            for (; Before(item, order[at - 1]); at--) order[at] = order[at - 1];
            order[at] = item;
        }

        private void HeapSort(int first, int last)
        {
            int length = last - first;
            for (int parent = (length - 2) / 2; parent >= 0; parent--) SiftDown(first, parent, length, order[first + parent]);
            for (int end = length - 1; end > 0; end--)
            {
                int item = order[first + end];
                order[first + end] = order[first];
                SiftDown(first, 0, end, item);
            }
        }

        /// <summary>Moves a hole down to a leaf, then the item up from there.</summary>
        private void SiftDown(int first, int hole, int length, int item)
        {
            int top = hole, child = hole;
            while (child < (length - 1) / 2)
            {
                child = 2 * (child + 1);
                if (Before(order[first + child], order[first + child - 1])) child--;
                order[first + hole] = order[first + child];
                hole = child;
            }

            if (length % 2 == 0 && child == (length - 2) / 2)
            {
                child = (2 * child) + 1;
                order[first + hole] = order[first + child];
                hole = child;
            }

            for (int parent = (hole - 1) / 2; hole > top && Before(order[first + parent], item); parent = (hole - 1) / 2)
            {
                order[first + hole] = order[first + parent];
                hole = parent;
            }

            order[first + hole] = item;
        }

        private void Swap(int a, int b) => (order[a], order[b]) = (order[b], order[a]);
    }
}
