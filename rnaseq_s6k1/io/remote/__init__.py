"""What is fetched over the network: addresses, a patient downloader, the GDC and Xena."""
