"""Looking closely: quality inspection 质检, patrols 巡查, clues and efficiency cases 效能问责.

Reads appeals and what supervision and scoring keep; changes no appeal. Source: domain §6 and §8,
国办发〔2020〕53号 (推诿、谎报瞒报、不当退单), 国办函〔2025〕66号.
"""
